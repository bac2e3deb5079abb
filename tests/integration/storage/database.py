"""What tests do to a store's database behind its back: emptying it, and letting time pass."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import DateTime, Engine, text, update

from storage.models import Base
from storage.sql_store import SqlStore
from tests.contracts.memory import Memory


def empty(engine: Engine) -> None:
    """Delete every row and let the numbers begin anew."""
    tables = ", ".join(Base.metadata.tables)
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY"))


def let_pass(engine: Engine, seconds: float) -> None:
    """Let time pass for all that is kept, by moving every time that was noted back."""
    with engine.begin() as connection:
        for table in Base.metadata.tables.values():
            times = [column for column in table.columns if isinstance(column.type, DateTime)]
            if times:
                earlier = {time: time - timedelta(seconds=seconds) for time in times}
                connection.execute(update(table).values(earlier))


def make_memory(engine: Engine, make_id: Callable[[], str]) -> Memory:
    """Return a store, and the way to let time pass for it."""
    store = SqlStore(engine, make_id=make_id)
    return Memory(store, lambda seconds: let_pass(engine, seconds))
