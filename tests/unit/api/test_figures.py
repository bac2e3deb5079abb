from __future__ import annotations

import threading

import pytest
from prometheus_client import CollectorRegistry

from api import figures
from api.figures import KEPT_S, SiteCollector, SiteWatch
from storage.figures import SiteFigures
from tests.factories import make_session
from tests.fakes import FakeQueue, FakeStore
from tests.unit.api.clock import FakeClock


class CountedStore(FakeStore):
    """Counts the looks, and lets them wait for ``may_go``."""

    def __init__(self) -> None:
        super().__init__()
        self.n_looks = 0
        self.may_go = threading.Event()
        self.may_go.set()

    def load_figures(self, alive_within_s: float) -> SiteFigures:
        self.n_looks += 1
        self.may_go.wait(20)
        return super().load_figures(alive_within_s)


class Site:
    def __init__(self) -> None:
        self.store, self.queue, self.clock = CountedStore(), FakeQueue(), FakeClock()
        self.watch = SiteWatch(self.store, self.queue, self.clock, alive_within_s=5.0)
        self.registry = CollectorRegistry()
        self.registry.register(SiteCollector(self.watch))

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)


@pytest.fixture
def site() -> Site:
    return Site()


def test_nothing_is_looked_up_before_somebody_asks(site: Site) -> None:
    assert site.store.n_looks == 0


def test_one_look_serves_whoever_asks_within_five_seconds(site: Site) -> None:
    assert site.value("sorterbot_images_waiting") == 0
    make_session(site.store, 3)
    site.clock.sleep(KEPT_S - 0.1)
    assert (site.value("sorterbot_images_waiting"), site.store.n_looks) == (0, 1)
    site.clock.sleep(0.2)
    assert (site.value("sorterbot_images_waiting"), site.store.n_looks) == (3, 2)


def test_those_who_ask_together_share_a_look(site: Site) -> None:
    site.store.may_go.clear()
    askers = [threading.Thread(target=site.watch.look) for _ in range(8)]
    for asker in askers:
        asker.start()
    site.store.may_go.set()
    for asker in askers:
        asker.join()
    assert site.store.n_looks == 1


def test_a_database_that_hangs_costs_a_scrape_its_patience_and_no_more(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "PATIENCE_S", 0.02)
    site.store.may_go.clear()
    assert site.value("sorterbot_database_up") == 0
    assert site.value("sorterbot_quarantined_images") is None
    assert site.store.n_looks == 1
    site.store.may_go.set()
    monkeypatch.setattr(figures, "PATIENCE_S", 20.0)
    assert site.value("sorterbot_quarantined_images") == 0


def test_what_does_not_answer_is_left_out_and_the_rest_is_told(site: Site) -> None:
    site.queue.is_down = True
    assert site.value("sorterbot_broker_up") == 0
    assert site.value("sorterbot_queue_messages", queue="gpu") is None
    assert site.value("sorterbot_sessions", state="open") == 0
    site.queue.is_down, site.store.is_down = False, True
    site.clock.sleep(KEPT_S)
    assert (site.value("sorterbot_broker_up"), site.value("sorterbot_database_up")) == (1, 0)
    assert site.value("sorterbot_queue_messages", queue="gpu") == 0
    assert site.value("sorterbot_sessions", state="open") is None


def test_a_bug_behind_a_figure_does_not_fail_the_scrape(site: Site) -> None:
    def broken() -> None:
        raise KeyError("bug")

    site.queue.load_lengths = broken  # type: ignore[assignment]
    assert site.value("sorterbot_broker_up") == 0


def test_every_state_is_there_before_a_session_is_in_it(site: Site) -> None:
    for state in ("open", "sealed", "sorting", "done", "partial", "failed"):
        assert site.value("sorterbot_sessions", state=state) == 0
    for queue in ("gpu", "sort"):
        assert site.value("sorterbot_workers", queue=queue) == 0
        assert site.value("sorterbot_oldest_wait_seconds", queue=queue) == 0
