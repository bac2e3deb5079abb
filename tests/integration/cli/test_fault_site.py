"""A site does harm as it is told, and is whole again when it has settled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from cli.faults.scenario import Needs
from cli.faults.site import Site
from sorter.errors import ConflictError
from tests.integration.cli.processes import eventually, lives

pytestmark = [pytest.mark.services, pytest.mark.timeout(600, func_only=True)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    needs = Needs(has_proxies=True, environment=(("SORTERBOT_MAX_BATCH", "3"),))
    with Site(tmp_path_factory.mktemp("site"), needs, lambda _: None) as site:
        yield site


def variables_of(pid: int) -> dict[str, str]:
    pairs = Path(f"/proc/{pid}/environ").read_text().split("\0")
    return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}


def test_every_process_is_told_what_the_needs_say(site: Site) -> None:
    for name in ("gateway", "gpu-worker", "sort-worker", "beat"):
        variables = variables_of(site.pid(name))
        assert variables["SORTERBOT_MAX_BATCH"] == "3"
        assert variables["SORTERBOT_DETECTOR"] == variables["SORTERBOT_EMBEDDER"] == "stand-in"
        assert variables["SORTERBOT_CRASH_FOLDER"] == str(site.crash_folder)


def test_processes_reach_the_servers_through_the_proxies_and_the_harness_past_them(
    site: Site,
) -> None:
    variables = variables_of(site.pid("gateway"))
    for server, variable in (("redis", "BROKER_URL"), ("postgres", "DATABASE_URL")):
        assert f":{site.proxies[server].port}/" in variables[f"SORTERBOT_{variable}"]
        assert site.proxies[server].n_connections > 0
    site.proxies["postgres"].refuse()
    assert site.query("SELECT count(*) FROM arms") == [(0,)]
    assert site.redis_client().ping()
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(variables["SORTERBOT_DATABASE_URL"].replace("+psycopg2", ""))
    site.settle()
    psycopg2.connect(variables["SORTERBOT_DATABASE_URL"].replace("+psycopg2", "")).close()


def test_a_stopped_service_stays_away_until_it_is_started_with_variables_of_its_own(
    site: Site,
) -> None:
    first = site.pid("gpu-worker")
    site.stop("gpu-worker")
    assert not lives(first)
    assert not site.is_ready("gpu-worker")
    site.start("gpu-worker", {"SORTERBOT_LOG_LEVEL": "WARNING"})
    assert site.is_ready("gpu-worker")
    assert variables_of(site.pid("gpu-worker"))["SORTERBOT_LOG_LEVEL"] == "WARNING"
    site.settle()
    assert "SORTERBOT_LOG_LEVEL" not in variables_of(site.pid("gpu-worker"))


def test_what_stands_still_does_not_beat_and_goes_on_when_the_site_settles(site: Site) -> None:
    site.pause("sort-worker")
    eventually(lambda: not site.is_ready("sort-worker"), within_s=60)
    site.settle()
    assert site.is_ready("sort-worker")


def test_a_killed_server_keeps_its_rows(site: Site) -> None:
    site.make_key("ARM1")
    site.kill("postgres")
    site.stop("redis")
    with pytest.raises(ConflictError):
        site.pid("redis")
    site.settle()
    assert site.query("SELECT arm_id FROM arms") == [("ARM1",)]
