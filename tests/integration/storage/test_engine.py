"""Waits are bounded, and a database that went away comes back unnoticed."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from threading import Thread
from time import monotonic, sleep
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.event import listen

from sorter.errors import InvalidInputError, TransientError
from sorter.types import Arm
from storage.engine import LOCK_TIMEOUT_MS, STATEMENT_TIMEOUT_MS, make_engine, our_errors
from storage.sql_store import SqlStore
from tests.contracts.memory import Memory
from tests.factories import make_session
from tests.integration.storage.races import at_once

pytestmark = pytest.mark.services

KILL_OTHERS = text("""
    SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
    WHERE pid <> pg_backend_pid() AND datname = current_database()
""")
KILL_WHO_WAITS = text("""
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'
""")
QUIET_POOL_OF_ONE = (
    "Pool size: 1  Connections in pool: 1 Current Overflow: 0 Current Checked out connections: 0"
)
LOCK_ALL = text("SELECT * FROM sessions FOR UPDATE")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("statement_timeout", f"{STATEMENT_TIMEOUT_MS // 1000}s"),
        ("lock_timeout", f"{LOCK_TIMEOUT_MS // 1000}s"),
        ("idle_in_transaction_session_timeout", "30s"),
        ("timezone", "UTC"),
        ("transaction_isolation", "read committed"),
    ],
)
def test_every_connection_is_set_up_alike(engine: Engine, setting: str, value: str) -> None:
    with engine.connect() as connection:
        assert str(connection.scalar(text(f"SHOW {setting}"))).casefold() == value.casefold()


@pytest.mark.parametrize("setting", ["statement_timeout", "lock_timeout"])
def test_a_wait_that_was_cut_short_is_a_transient_error(
    engine: Engine, store: SqlStore, setting: str
) -> None:
    make_session(store)
    with engine.connect() as first, engine.connect() as second:
        first.execute(LOCK_ALL)
        second.execute(text(f"SET LOCAL {setting} = 20"))
        with pytest.raises(TransientError), our_errors():
            second.execute(LOCK_ALL)


def test_connections_that_were_cut_are_replaced_before_they_are_used(
    engine: Engine, store: SqlStore
) -> None:
    store.save_arm(Arm("arm-1"))
    load = partial(store.load_arm, "arm-1")
    at_once([load] * 4)
    with engine.connect() as killer:
        assert killer.execute(KILL_OTHERS).all()
    assert at_once([load] * 4) == [Arm("arm-1")] * 4


def test_a_connection_that_is_cut_in_mid_transaction_is_a_transient_error_and_changes_nothing(
    engine: Engine, store: SqlStore
) -> None:
    session_id = make_session(store).session_id
    caught: list[BaseException] = []

    def seal() -> None:
        try:
            store.seal_session(session_id)
        except TransientError as error:
            caught.append(error)

    with engine.connect() as holder:
        holder.execute(LOCK_ALL)
        sealer = Thread(target=seal)
        sealer.start()
        ends_at = monotonic() + 10
        while not holder.execute(KILL_WHO_WAITS).all() and monotonic() < ends_at:
            sleep(0.01)
        sealer.join(10)
    assert len(caught) == 1
    assert store.load_session(session_id).state == "open"


@pytest.mark.parametrize(("cut", "is_told"), [("before", True), ("after", False)])
def test_a_connection_that_is_cut_around_a_read_leaves_its_place_to_the_next(
    engine: Engine, store: SqlStore, cut: str, is_told: bool
) -> None:
    store.save_arm(Arm("arm-1"))
    only_one = make_engine(engine.url.render_as_string(False), pool_size=1)
    reader = SqlStore(only_one, make_id=lambda: "unused")
    cuts = iter([True, True, True])

    def cut_off(*_: object) -> None:
        if next(cuts, False):
            with engine.connect() as killer:
                killer.execute(KILL_OTHERS)

    listen(only_one, f"{cut}_cursor_execute", cut_off)
    for _ in range(3):
        told: Any = pytest.raises(TransientError) if is_told else nullcontext()
        with told:
            assert reader.load_arm("arm-1") == Arm("arm-1")
    assert reader.load_arm("arm-1") == Arm("arm-1")
    assert only_one.pool.status() == QUIET_POOL_OF_ONE
    reader.close()


def test_a_number_that_no_column_holds_is_refused(memory: Memory) -> None:
    with pytest.raises(InvalidInputError):
        make_session(memory.store, expected_images=10**12)


def test_an_id_that_no_column_holds_is_refused_when_it_is_looked_up(store: SqlStore) -> None:
    for session_id in ("a\x00b", "\ud800"):
        with pytest.raises(InvalidInputError):
            store.load_session(session_id)
