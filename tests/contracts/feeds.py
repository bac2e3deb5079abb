"""What a feed of events promises, whatever the events are kept in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from sorter.errors import TransientError
from storage.feeds import KEEP_S, EventFeed
from storage.ports import Store
from tests.contracts.memory import Memory
from tests.factories import make_session, make_sorted_session


@dataclass(frozen=True, slots=True)
class Feeding:
    """A store under test, and the feeds that read it."""

    memory: Memory
    make_feed: Callable[[str, str | None], EventFeed]

    @property
    def store(self) -> Store:
        return self.memory.store

    def take(self, name: str = "feed", keys_like: str | None = None) -> EventFeed:
        feed = self.make_feed(name, keys_like)
        assert feed.take()
        return feed


def tell_all(feed: EventFeed, limit: int = 3) -> dict[str, list[str]]:
    """Tell all that there is, and return the kinds in their order for each session."""
    told = defaultdict(list)
    while found := feed.load_untold(limit):
        assert len(found) <= limit
        for one in found:
            told[one.event.session_id].append(one.event.kind)
            feed.mark_told(one.event)
    return dict(told)


class EventFeedContract:
    def test_every_event_is_told_once_and_in_order(self, feeding: Feeding) -> None:
        sessions = [make_session(feeding.store, 2), make_sorted_session(feeding.store)]
        feed = feeding.take()
        assert tell_all(feed) == {
            session.session_id: feeding.memory.kinds(session.session_id) for session in sessions
        }
        assert tell_all(feed) == {}

    def test_what_happens_later_is_told_later(self, feeding: Feeding) -> None:
        session = make_session(feeding.store, 1)
        feed = feeding.take()
        tell_all(feed)
        feeding.store.seal_session(session.session_id)
        assert tell_all(feed) == {session.session_id: ["session.sealed"]}

    def test_what_was_not_noted_is_told_again(self, feeding: Feeding) -> None:
        make_session(feeding.store, 1)
        feed = feeding.take()
        assert feed.load_untold(10) == feed.load_untold(10) != []

    def test_what_an_event_is_about_comes_with_it(self, feeding: Feeding) -> None:
        session = make_session(feeding.store, idempotency_key="robot/S12/before/1")
        (told,) = feeding.take().load_untold(10)
        assert (told.arm_id, told.idempotency_key) == ("arm-1", "robot/S12/before/1")
        assert told.event == feeding.store.load_events(session.session_id)[0]

    def test_a_note_never_goes_back(self, feeding: Feeding) -> None:
        make_session(feeding.store, 1)
        feed = feeding.take()
        opened, received = feed.load_untold(10)
        feed.mark_told(received.event)
        feed.mark_told(opened.event)
        assert feed.load_untold(10) == []

    def test_sessions_that_are_left_out_are_told_when_they_are_not(self, feeding: Feeding) -> None:
        left_out, other = make_session(feeding.store), make_session(feeding.store)
        feed = feeding.take()
        found = feed.load_untold(10, [left_out.session_id])
        assert [one.event.session_id for one in found] == [other.session_id]
        assert len(feed.load_untold(10)) == 2

    def test_a_feed_may_be_of_some_sessions_only(self, feeding: Feeding) -> None:
        make_session(feeding.store)
        make_session(feeding.store, idempotency_key="robot/S1/after/1")
        named = make_session(feeding.store, idempotency_key="robot/S1/before/1")
        feed = feeding.take("panel", "robot/S%/before/%")
        assert tell_all(feed) == {named.session_id: ["session.opened"]}

    def test_feeds_of_two_names_know_nothing_of_each_other(self, feeding: Feeding) -> None:
        make_session(feeding.store, 1)
        assert tell_all(feeding.take("one")) == tell_all(feeding.take("two")) != {}

    def test_one_feeds_at_a_time_and_leaves_its_place_and_where_it_got_to(
        self, feeding: Feeding
    ) -> None:
        make_session(feeding.store, 1)
        first, second = feeding.take(), feeding.make_feed("feed", None)
        assert not second.take()
        with pytest.raises(TransientError):
            second.load_untold(10)
        first.mark_told(first.load_untold(10)[0].event)
        first.close()
        assert second.take()
        assert [one.event.kind for one in second.load_untold(10)] == ["image.received"]
        with pytest.raises(TransientError):
            first.mark_told(second.load_untold(10)[0].event)

    def test_what_was_not_told_in_time_is_dropped_with_the_note_of_it(
        self, feeding: Feeding
    ) -> None:
        ended, goes_on = make_sorted_session(feeding.store), make_session(feeding.store)
        feed = feeding.take()
        feed.mark_told(feed.load_untold(1)[0].event)
        feeding.memory.let_pass(KEEP_S - 60)
        assert ended.session_id in {one.event.session_id for one in feed.load_untold(100)}
        assert feed.forget_old() == 0
        feeding.memory.let_pass(120)
        assert {one.event.session_id for one in feed.load_untold(100)} == {goes_on.session_id}
        feeding.memory.let_pass(KEEP_S)
        assert feed.forget_old() == 1
        assert feed.forget_old() == 0
