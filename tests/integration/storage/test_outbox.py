"""A feed's place in PostgreSQL's events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from sorter.errors import TransientError
from storage.feeds import EventFeed
from storage.sql.outbox import SqlEventFeed
from storage.sql_store import SqlStore
from tests.contracts.feeds import EventFeedContract, Feeding, tell_all
from tests.contracts.memory import Memory
from tests.factories import make_new_image, make_session

pytestmark = pytest.mark.services


@pytest.fixture
def feeding(memory: Memory, engine: Engine) -> Iterator[Feeding]:
    made: list[SqlEventFeed] = []
    url = engine.url.render_as_string(hide_password=False)

    def make_feed(name: str, keys_like: str | None) -> EventFeed:
        made.append(SqlEventFeed(url, name, keys_like))
        return made[-1]

    yield Feeding(memory, make_feed)
    for feed in made:
        feed.close()


class TestSqlEventFeed(EventFeedContract):
    pass


def test_an_event_that_is_committed_after_a_later_one_is_told(
    feeding: Feeding, engine: Engine, store: SqlStore
) -> None:
    """A number is taken when an event is written, and seen when it is committed."""
    slow, quick = make_session(store), make_session(store)
    feed = feeding.take()
    tell_all(feed)
    with engine.begin() as transaction:
        transaction.execute(
            text("INSERT INTO session_events (session_id, kind, data) VALUES (:id, 'slow', '{}')"),
            {"id": slow.session_id},
        )
        store.accept_image(quick.session_id, make_new_image(), None)
        assert tell_all(feed) == {quick.session_id: ["image.received"]}
    assert tell_all(feed) == {slow.session_id: ["slow"]}


def test_a_feed_whose_connection_broke_takes_its_place_anew_or_leaves_it(
    feeding: Feeding, engine: Engine
) -> None:
    make_session(feeding.store, 1)
    broken = feeding.take()
    with engine.begin() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_locks"
                " WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            )
        )
    with pytest.raises(TransientError):
        broken.load_untold(10)
    with pytest.raises(TransientError, match="not held"):
        broken.load_untold(10)
    other = feeding.take()
    assert not broken.take()
    other.close()
    assert broken.take()
    assert len(broken.load_untold(10)) == 2


def test_a_deleted_session_takes_its_cursors_along(feeding: Feeding, engine: Engine) -> None:
    session = make_session(feeding.store)
    tell_all(feeding.take())
    with engine.begin() as connection:
        for table in ("session_events", "sessions"):
            connection.execute(
                text(f"DELETE FROM {table} WHERE session_id = :id"),  # noqa: S608 - ours
                {"id": session.session_id},
            )
        assert connection.scalar(text("SELECT count(*) FROM event_cursors")) == 0


HISTORY = """
INSERT INTO sessions (session_id, arm_id, arm, state, min_images, deadline_s, deadline_at,
                      sealed_at, waiting_since, finished_at, failure, idempotency_key)
SELECT 'old-' || n, 'arm-1', '{}', 'failed', 1, 1, now(), now(), now(),
       now() - interval '1 day' - make_interval(secs => n), 'x', 'robot/S' || n || '/before/1'
FROM generate_series(1, 5000) n;
INSERT INTO session_events (session_id, kind, data)
SELECT session_id, 'session.failed', '{"reason": "x"}' FROM sessions, generate_series(1, 4)
WHERE state = 'failed';
ANALYZE sessions; ANALYZE session_events; ANALYZE event_cursors
"""


def test_a_long_history_is_not_read(feeding: Feeding, engine: Engine) -> None:
    """Sessions that go on, or ended of late, are found by index, and so are their events."""
    make_session(feeding.store, idempotency_key="robot/S1/before/7")
    with engine.begin() as connection:
        connection.execute(text(HISTORY))
    feed = feeding.take("panel", "robot/S%")
    asked: list[tuple[str, Any]] = []

    def note(_c: object, _cur: object, sql: str, values: object, *_rest: object) -> None:
        asked.append((sql, values))

    listened = feed._engine  # type: ignore[attr-defined]
    event.listen(listened, "before_cursor_execute", note)
    assert len(feed.load_untold(100)) == 1
    ((sql, values),) = asked
    with engine.begin() as connection, connection.connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + sql, values)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan on sessions" not in plan, plan
    assert "Seq Scan on session_events" not in plan, plan
