"""The fake of a feed's place in a fake store's events."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import timedelta

from sorter.errors import TransientError
from storage.feeds import KEEP_S, FeedEvent
from storage.records import Event, SessionRecord
from tests.fake_store import FakeStore


class FakePlaces:
    """What feeds have in common that read one store: who holds which place, and how far it got."""

    def __init__(self) -> None:
        self.holders: dict[str, object] = {}
        self.told: dict[tuple[str, str], int] = {}


class FakeEventFeed:
    """A :class:`storage.feeds.EventFeed` in memory."""

    def __init__(
        self, store: FakeStore, places: FakePlaces, feed: str, keys_like: str | None = None
    ) -> None:
        self._store = store
        self._places = places
        self._feed = feed
        self._keys = None if keys_like is None else re.compile(keys_like.replace("%", ".*"))

    def take(self) -> bool:
        self._answer()
        return self._places.holders.setdefault(self._feed, self) is self

    def load_untold(self, limit: int, without: Collection[str] = ()) -> list[FeedEvent]:
        self._require_place()
        untold: list[FeedEvent] = []
        for session_id in self._store._sessions:
            session = self._store.load_session(session_id)
            if session_id not in without and self._is_looked_at(session):
                told = self._places.told.get((self._feed, session_id), 0)
                untold += [
                    FeedEvent(event, session.arm.arm_id, session.idempotency_key)
                    for event in self._store.load_events(session_id, told, limit)
                ]
        return sorted(untold, key=lambda one: one.event.event_id)[:limit]

    def mark_told(self, event: Event) -> None:
        self._require_place()
        place = (self._feed, event.session_id)
        self._places.told[place] = max(event.event_id, self._places.told.get(place, 0))

    def forget_old(self) -> int:
        self._require_place()
        old = [
            (feed, session_id)
            for feed, session_id in self._places.told
            if feed == self._feed and self._ended_before(session_id, 2 * KEEP_S)
        ]
        for place in old:
            del self._places.told[place]
        return len(old)

    def close(self) -> None:
        if self._places.holders.get(self._feed) is self:
            del self._places.holders[self._feed]

    def _is_looked_at(self, session: SessionRecord) -> bool:
        if self._keys is not None and not self._keys.fullmatch(session.idempotency_key or ""):
            return False
        return not self._ended_before(session.session_id, KEEP_S)

    def _ended_before(self, session_id: str, seconds: float) -> bool:
        ended_at = self._store.load_session(session_id).finished_at
        return ended_at is not None and ended_at < self._store._now - timedelta(seconds=seconds)

    def _require_place(self) -> None:
        self._answer()
        if self._places.holders.get(self._feed) is not self:
            raise TransientError("the place of the feed is not held")

    def _answer(self) -> None:
        if self._store.is_down:
            self.close()
            raise TransientError("the fake store was told to be down")
