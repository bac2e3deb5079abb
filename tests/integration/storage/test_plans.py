"""What is asked all the time is looked up in an index, however many rows there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import Engine, event

from storage.ports import Store
from storage.records import FairShare
from storage.sql.turns import LOOK, look_values
from storage.sql_store import SqlStore

pytestmark = pytest.mark.services


@pytest.mark.parametrize(
    ("ask", "conditions"),
    [
        (lambda store: store.load_backlog(), ["ix_images_unfinished", "(finished_at > "]),
        (lambda store: store.seal_overdue_sessions(), ["(deadline_at < "]),
        (lambda store: store.fail_overdue_images(30), ["(deadline_at < "]),
        (
            lambda store: store.load_images_to_publish(
                unpublished_s=5, dead_after_s=5, queue_is_empty=True, stuck_s=30
            ),
            ["ix_images_unfinished"],
        ),
        (
            lambda store: store.load_sessions_to_sort(
                dead_after_s=5, queue_is_short=True, stuck_s=3
            ),
            ["ix_sessions_unfinished", "ix_sessions_finished_at"],
        ),
    ],
)
def test_what_the_gateway_and_the_sweeper_ask_is_found_by_index(
    engine: Engine, store: SqlStore, ask: Callable[[Store], object], conditions: list[str]
) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_c: object, _cur: object, sql: str, values: object, *_rest: object) -> None:
        asked.append((sql, values))

    event.listen(engine, "before_cursor_execute", note)
    try:
        ask(store)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    plan = plan_of(engine, asked)
    for condition in conditions:
        assert condition in plan, plan


def test_whether_anything_waits_for_its_turn_is_found_by_index(
    engine: Engine, store: SqlStore
) -> None:
    assert store.take_turns(None, FairShare()) == []
    plan = plan_of(engine, [(LOOK.sql, look_values(None, FairShare()))])
    assert "ix_images_unfinished" in plan, plan


def plan_of(engine: Engine, asked: Sequence[tuple[str, Any]]) -> str:
    """Return how PostgreSQL would go about statements where a table is long."""
    with engine.begin() as connection, connection.connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        plan = ""
        for sql, values in asked:
            cursor.execute("EXPLAIN " + sql, values)
            plan += "\n".join(line for (line,) in cursor.fetchall())
    return plan
