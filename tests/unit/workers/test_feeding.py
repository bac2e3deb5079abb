from __future__ import annotations

import math
import threading
from collections import defaultdict
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorter.errors import TransientError
from storage.feeds import FeedEvent
from tests.factories import make_session
from tests.fake_store import FakeStore
from tests.fake_store.feeds import FakeEventFeed, FakePlaces
from workers.feeding import (
    FIRST_BACKOFF_S,
    FORGET_EVERY,
    MAX_BACKOFF_S,
    MAX_REFUSALS,
    MAX_REST_S,
    PAUSE_S,
    STAND_BY_S,
    Feeder,
)
from workers.panel import PanelBusyError, RecordRefusedError


class Clock(threading.Event):
    """Waits by moving on, and stops whoever waits after so many pauses."""

    def __init__(self, n_pauses: int = 1000) -> None:
        super().__init__()
        self.now_s = 0.0
        self.pauses: list[float] = []
        self._n_pauses = n_pauses

    def wait(self, timeout: float | None = None) -> bool:
        self.now_s += timeout or 0.0
        self.pauses.append(timeout or 0.0)
        if len(self.pauses) > self._n_pauses:
            self.set()
        return self.is_set()


class World:
    """A feeder, and the one whom it tells: a list, or whatever ``moods`` says next."""

    def __init__(self, n_pauses: int = 1000) -> None:
        self.store, self.places = FakeStore(), FakePlaces()
        self.clock = Clock(n_pauses)
        self.told: dict[str, list[str]] = defaultdict(list)
        self.first_told_at_s = math.inf
        self.moods: Iterator[Exception | None] = iter(())
        feed = FakeEventFeed(self.store, self.places, "feed")
        self.feeder = Feeder(feed, self._tell, self.clock, lambda: self.clock.now_s)

    def _tell(self, told: FeedEvent) -> None:
        mood = next(self.moods, None)
        if mood is not None:
            raise mood
        self.first_told_at_s = min(self.first_told_at_s, self.clock.now_s)
        self.told[told.event.session_id].append(told.event.kind)

    def kinds(self, session_id: str) -> list[str]:
        return [event.kind for event in self.store.load_events(session_id)]


MOODS = st.lists(
    st.sampled_from([None, TransientError("away"), RecordRefusedError("500"), PanelBusyError(1.0)]),
    max_size=40,
)


@given(MOODS, st.lists(st.integers(0, 4), min_size=1, max_size=4))
def test_whatever_the_listener_does_all_is_told_in_order_within_a_session(
    moods: list[Exception | None], sizes: list[int]
) -> None:
    """A mood that refuses comes at most 40 times here; one event is given up after 8 of them."""
    world = World(n_pauses=300)
    sessions = [make_session(world.store, n) for n in sizes]
    refusals = [mood for mood in moods if isinstance(mood, RecordRefusedError)]
    world.moods = iter(moods if len(refusals) < MAX_REFUSALS else [])
    world.feeder.run()
    assert world.told == {
        session.session_id: world.kinds(session.session_id) for session in sessions
    }


def test_a_session_that_is_refused_holds_no_other_up() -> None:
    world = World(n_pauses=3)
    refused, other = make_session(world.store, 1), make_session(world.store, 2)
    world.moods = iter([RecordRefusedError("500")])
    world.feeder.look()
    assert world.told == {other.session_id: world.kinds(other.session_id)}
    world.clock.now_s += MAX_REST_S
    world.feeder.look()
    assert world.told[refused.session_id] == world.kinds(refused.session_id)


def test_an_event_that_is_refused_for_minutes_is_passed_over() -> None:
    world = World(n_pauses=400)
    session = make_session(world.store, 1)
    world.moods = iter([RecordRefusedError("500")] * MAX_REFUSALS)
    world.feeder.run()
    assert world.told == {session.session_id: ["image.received"]}
    assert 120 <= world.first_told_at_s <= 140


def test_a_listener_that_is_away_is_asked_ever_more_seldom_and_loses_nothing() -> None:
    world = World(n_pauses=12)
    session = make_session(world.store, 1)
    world.moods = iter([TransientError("away")] * 8)
    world.feeder.run()
    backoffs = [pause for pause in world.clock.pauses if pause > 0][:8]
    assert backoffs == [FIRST_BACKOFF_S * 2**n for n in range(5)] + [MAX_BACKOFF_S] * 3
    assert world.told == {session.session_id: world.kinds(session.session_id)}


def test_a_busy_listener_is_left_alone_for_as_long_as_it_says() -> None:
    world = World(n_pauses=4)
    make_session(world.store)
    world.moods = iter([PanelBusyError(17.0)])
    world.feeder.run()
    assert world.clock.pauses[1] == 17.0


def test_while_another_feeds_this_one_stands_by() -> None:
    world = World()
    make_session(world.store)
    assert FakeEventFeed(world.store, world.places, "feed").take()
    assert world.feeder.look() == STAND_BY_S
    assert world.told == {}


def test_where_there_is_nothing_it_looks_seldom_and_forgets_what_is_old() -> None:
    world = World(n_pauses=FORGET_EVERY + 5)
    session = make_session(world.store)
    world.store.seal_session(session.session_id)
    world.store.claim_session(session.session_id, "w", dead_after_s=5, max_attempts=3)
    world.feeder.look()
    assert world.feeder.look() == PAUSE_S
    world.store.let_pass(10_000)
    world.feeder.run()
    assert world.places.told == {}


def test_a_database_that_is_away_is_waited_for() -> None:
    world = World(n_pauses=3)
    make_session(world.store)
    world.store.is_down = True
    world.feeder.run()
    assert world.clock.pauses == [0.0, 1.0, 2.0, 4.0]


def test_a_process_that_is_to_end_tells_no_more() -> None:
    world = World()
    make_session(world.store, 3)
    world.clock.set()
    world.feeder.look()
    assert world.told == {}


@pytest.mark.parametrize("error", [ValueError("a bug"), KeyError("bug")])
def test_a_bug_is_not_taken_for_a_refusal(error: Exception) -> None:
    world = World()
    make_session(world.store)
    world.moods = iter([error])
    with pytest.raises(type(error)):
        world.feeder.run()
