"""A feed's place in the events that PostgreSQL holds.

There is no second copy of them: a feed reads the events that sessions write in any case, and
notes for each session how far it has got. So nothing is written on the way of a picture, and a
receiver that is away for long costs no row.

Where a feed has got to is noted by session, not in one number for all: numbers of events are
committed in rising order within a session only, and one number would pass over what comes late.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from sqlalchemy import Connection, text

from sorter.errors import TransientError
from storage.engine import autocommitted, make_engine, our_errors
from storage.feeds import KEEP_S, FeedEvent
from storage.records import Event

_LOCKS = 730_541_911
"""Any number, as long as nobody else takes the same class of advisory locks in this database."""

_TAKE = text("SELECT pg_try_advisory_lock(:locks, hashtext(:feed))")

_LEAVE = text("SELECT pg_advisory_unlock_all()")

_UNTOLD = """
SELECT e.event_id, e.session_id, e.kind, e.data, e.at, s.arm_id, s.idempotency_key
FROM sessions s
LEFT JOIN event_cursors c ON c.feed = :feed AND c.session_id = s.session_id
CROSS JOIN LATERAL (
    SELECT * FROM session_events
    WHERE session_id = s.session_id AND event_id > coalesce(c.event_id, 0)
    ORDER BY event_id LIMIT :limit
) e
WHERE (s.state IN ('open', 'sealed', 'sorting')
       OR s.finished_at > statement_timestamp() - make_interval(secs => :keep_s))
  AND s.session_id <> ALL(:without){only}
ORDER BY e.event_id LIMIT :limit
"""

_MARK = text("""
INSERT INTO event_cursors AS c (feed, session_id, event_id) VALUES (:feed, :session_id, :event_id)
ON CONFLICT (feed, session_id) DO UPDATE SET event_id = greatest(c.event_id, excluded.event_id)
""")

_FORGET = text("""
DELETE FROM event_cursors c USING sessions s
WHERE c.feed = :feed AND s.session_id = c.session_id
  AND s.finished_at < statement_timestamp() - make_interval(secs => 2 * :keep_s)
""")


class SqlEventFeed:
    """:class:`storage.feeds.EventFeed` in PostgreSQL, on one connection of its own.

    The place is an advisory lock of that connection, which does all the rest, too: who has lost
    the one has lost the other, and notes nothing any more.

    Args:
        feed: Its name; feeds of different names go on side by side.
        keys_like: Only sessions whose idempotency key is like that, as SQL has it.
    """

    def __init__(self, database_url: str, feed: str, keys_like: str | None = None) -> None:
        self._engine = make_engine(database_url, pool_size=1)
        self._about = {"feed": feed, "keep_s": KEEP_S}
        only = "" if keys_like is None else " AND s.idempotency_key LIKE :keys_like"
        self._untold = text(_UNTOLD.format(only=only))
        self._keys = {} if keys_like is None else {"keys_like": keys_like}
        self._held = ExitStack()
        self._connection: Connection | None = None

    def take(self) -> bool:
        if self._connection is not None:
            return True
        with self._asking():
            connection = self._held.enter_context(self._engine.connect())
            self._held.enter_context(autocommitted(connection))
            said = {"locks": _LOCKS, "feed": self._about["feed"]}
            if connection.scalar(_TAKE, said):
                self._connection = connection
        if self._connection is None:
            self._held.close()
        return self._connection is not None

    def load_untold(self, limit: int, without: Collection[str] = ()) -> list[FeedEvent]:
        about = {**self._about, **self._keys, "limit": limit, "without": list(without)}
        with self._asking():
            return [_feed_event(row) for row in self._own().execute(self._untold, about)]

    def mark_told(self, event: Event) -> None:
        told = {"session_id": event.session_id, "event_id": event.event_id}
        with self._asking():
            self._own().execute(_MARK, {"feed": self._about["feed"], **told})

    def forget_old(self) -> int:
        with self._asking():
            return int(self._own().execute(_FORGET, self._about).rowcount)

    def close(self) -> None:
        with suppress(TransientError):  # a connection that broke has left the place already
            if self._connection is not None:
                with self._asking():
                    self._connection.execute(_LEAVE)
        self._connection = None
        self._held.close()
        self._engine.dispose()

    def _own(self) -> Connection:
        if self._connection is None:
            raise TransientError("the place of the feed is not held")
        return self._connection

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Give the connection up with whatever goes wrong on it: the place went with it."""
        try:
            with our_errors():
                yield
        except BaseException:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.invalidate()
            self._held.close()
            raise


def _feed_event(row: Any) -> FeedEvent:
    event = Event(row.event_id, row.session_id, row.kind, row.data, row.at)
    return FeedEvent(event, row.arm_id, row.idempotency_key)
