"""Stores in a real database, and the way to let time pass for what they keep."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import DateTime, Engine, text, update

from cli.services.postgres import PostgresServer
from storage.engine import make_engine
from storage.models import Base
from storage.sql_store import SqlStore
from tests.contracts.memory import Memory


@pytest.fixture(scope="module")
def shared_engine(postgres_server: PostgresServer, migrated_template: str) -> Iterator[Engine]:
    """An engine for a module: it keeps compiled statements, which are dear to make anew."""
    name = f"storage_{secrets.token_hex(6)}"
    postgres_server.execute(
        f'CREATE DATABASE "{name}" TEMPLATE "{migrated_template}" STRATEGY FILE_COPY'
    )
    engine = make_engine(postgres_server.url(name))
    yield engine
    engine.dispose()
    postgres_server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def engine(shared_engine: Engine) -> Engine:
    """The module's engine, its database emptied."""
    tables = ", ".join(Base.metadata.tables)
    with shared_engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY"))
    return shared_engine


@pytest.fixture
def store(engine: Engine) -> SqlStore:
    """A store that holds nothing yet."""
    return SqlStore(engine, make_id=lambda: uuid4().hex)


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
