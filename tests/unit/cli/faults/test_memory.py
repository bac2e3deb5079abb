from __future__ import annotations

import mmap
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.faults.memory import (
    ALLOWED_MB,
    ALLOWED_MB_AN_HOUR,
    HOUR_S,
    LEAST_SAMPLES,
    MB,
    PROC,
    WARM_UP_S,
    Watch,
    anonymous_bytes,
    growth,
    n_open,
)

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")


def _held(
    mb_an_hour: float, span_s: float = 600.0, noise_mb: float = 0.0, seed: int = 1
) -> tuple[list[float], list[int]]:
    """Return samples of a process that took 50 MB at once and grows from there."""
    at_s = np.arange(0.0, WARM_UP_S + span_s, 2.0)
    noise = np.random.default_rng(seed).normal(0, noise_mb, len(at_s))
    held = 50 + mb_an_hour * at_s / HOUR_S + noise
    return at_s.tolist(), (held * MB).astype(int).tolist()


@given(st.floats(-200, 200), st.integers(0, 1000))
def test_the_slope_of_a_steady_growth_is_found_within_its_interval(
    mb_an_hour: float, seed: int
) -> None:
    found = growth("worker", *_held(mb_an_hour, noise_mb=0.2, seed=seed))
    assert found is not None
    assert found.low <= found.mb_an_hour <= found.high
    assert found.mb_an_hour == pytest.approx(mb_an_hour, abs=2.0)


@given(st.integers(0, 1000))
def test_a_tenth_of_peaks_turns_no_slope(seed: int) -> None:
    at_s, held = _held(0.0, noise_mb=0.01, seed=seed)
    peaks = np.random.default_rng(seed).choice(len(held), len(held) // 10, replace=False)
    for number in peaks:
        held[number] += 200 * MB
    found = growth("worker", at_s, held)
    assert found is not None
    assert abs(found.mb_an_hour) < 1.0
    assert not found.is_proven


def test_what_is_taken_while_warming_up_does_not_count() -> None:
    at_s, held = _held(0.0)
    held = [n + 300 * MB * (t >= WARM_UP_S / 2) for t, n in zip(at_s, held, strict=True)]
    found = growth("worker", at_s, held)
    assert found is not None
    assert found.mb_an_hour == 0
    assert found.last_mb == pytest.approx(350)


def test_a_leak_that_a_run_of_that_length_can_show_is_proven_and_a_slower_one_is_not() -> None:
    for span_s in (600.0, HOUR_S):
        limit = growth("worker", *_held(0.0, span_s))
        assert limit is not None
        assert limit.excluded_mb_an_hour == pytest.approx(
            ALLOWED_MB_AN_HOUR + ALLOWED_MB * HOUR_S / limit.span_s
        )
        faster = growth("worker", *_held(limit.excluded_mb_an_hour * 1.05, span_s))
        slower = growth("worker", *_held(limit.excluded_mb_an_hour * 0.95, span_s))
        assert faster is not None
        assert slower is not None
        assert (faster.is_proven, slower.is_proven) == (True, False)


def test_of_a_process_that_lived_shortly_nothing_is_said() -> None:
    at_s, held = _held(100.0, span_s=2.0 * LEAST_SAMPLES)
    assert growth("worker", at_s, held) is not None
    assert growth("worker", at_s[:-1], held[:-1]) is None


def test_of_nothing_nothing_is_said() -> None:
    assert growth("worker", [], []) is None


@on_linux
def test_what_this_process_takes_is_seen() -> None:
    before = anonymous_bytes(PROC, os.getpid())
    # A mapping of its own: memory that an earlier test gave back would not count as new.
    with mmap.mmap(-1, 40 * MB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as ballast:
        np.frombuffer(ballast, np.uint8)[:] = 1
        assert anonymous_bytes(PROC, os.getpid()) - before > 30 * MB


@on_linux
def test_what_this_process_opens_is_seen(tmp_path: Path) -> None:
    before = n_open(PROC, os.getpid())
    with (tmp_path / "one").open("w"), (tmp_path / "two").open("w"):
        assert n_open(PROC, os.getpid()) == before + 2
    assert n_open(PROC, os.getpid()) == before


def test_who_is_gone_is_passed_over(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    watch.look({"worker": [1]}, now_s=0.0)
    assert watch.growths() == []
    assert watch.most_files() == {}


def test_each_process_of_a_name_has_a_series_of_its_own(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    for pid, held_kb in ((1, 1000), (2, 9000)):
        (tmp_path / str(pid) / "fd").mkdir(parents=True)
        (tmp_path / str(pid) / "fd" / "0").touch()
        (tmp_path / str(pid) / "status").write_text(f"Name:\tx\nRssAnon:\t{held_kb} kB\n")
    for number in range(100):
        watch.look({"worker": [1, 2]}, now_s=number * 2.0)
    growths = watch.growths()
    assert [round(one.last_mb * MB / 1024) for one in growths] == [1000, 9000]
    assert {one.mb_an_hour for one in growths} == {0.0}
    assert watch.most_files() == {"worker": 1}
