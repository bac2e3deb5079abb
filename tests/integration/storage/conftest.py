"""Stores in a real database, and the way to let time pass for what they keep."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import DateTime, Engine, update

from storage.bootstrap import make_store
from storage.engine import make_engine
from storage.models import Base
from storage.sql_store import SqlStore
from tests.contracts.memory import Memory


@pytest.fixture
def engine(migrated_postgres_url: str) -> Iterator[Engine]:
    """A connection to the store's database, for what a store does not offer."""
    engine = make_engine(migrated_postgres_url)
    yield engine
    engine.dispose()


@pytest.fixture
def store(migrated_postgres_url: str) -> Iterator[SqlStore]:
    """A store in an empty database of the test's own."""
    store = make_store(migrated_postgres_url)
    yield store
    store.close()


@pytest.fixture
def memory(store: SqlStore, engine: Engine) -> Memory:
    """The store, its clock moved on by moving everything that it has noted back."""

    def let_pass(seconds: float) -> None:
        with engine.begin() as connection:
            for table in Base.metadata.tables.values():
                times = [c for c in table.columns if isinstance(c.type, DateTime)]
                if times:
                    earlier = {time: time - timedelta(seconds=seconds) for time in times}
                    connection.execute(update(table).values(earlier))

    return Memory(store, let_pass)
