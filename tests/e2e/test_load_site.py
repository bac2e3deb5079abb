"""A whole stack under a small load, measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.load import Load
from benchmarks.load_pictures import save_heavy_pictures
from benchmarks.load_site import load_site

pytestmark = [pytest.mark.e2e, pytest.mark.services]

DELAY_S = 0.02


def test_a_sites_pictures_are_timed_and_its_processes_are_told_apart(tmp_path: Path) -> None:
    with load_site("stand-in", has_relay=True) as site:
        files = save_heavy_pictures(tmp_path, 3, 30_000)
        load = Load(site.stack.gateway_url, site.arms(2), files, [0.0] * 20, is_sealing=True)
        measured = site.measure(load)
        assert len(measured.finished_at) == measured.n == 20
        assert min(measured.overheads_s) > 0
        services = {"postgres", "redis", "gateway", "gpu-worker", "sort-worker", "beat"}
        assert set(measured.cpu_s) >= services
        assert measured.cpu_s["gateway"] > 0
        assert all(mib > 1 for mib in site.resident_mib().values())
        sessions = [one.session_id for one in measured.sent.posted]
        full = {one for one in sessions if sessions.count(one) == 10}
        assert set(site.await_plans(full)) == full
        near_ms = site.redis_ping_ms()
        site.slow_redis_down(DELAY_S)
        assert site.redis_ping_ms() > near_ms + 1000 * DELAY_S
