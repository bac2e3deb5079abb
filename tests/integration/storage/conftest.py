"""Stores in a real database."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from cli.services.postgres import PostgresServer
from storage.engine import make_engine
from storage.sql_store import SqlStore
from tests.contracts.memory import Memory
from tests.integration.storage.database import empty, make_memory


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
    empty(shared_engine)
    return shared_engine


@pytest.fixture
def store(engine: Engine) -> SqlStore:
    """A store that holds nothing yet."""
    return SqlStore(engine, make_id=lambda: uuid4().hex)


@pytest.fixture
def memory(engine: Engine) -> Memory:
    """A store that holds nothing yet, and the way to let time pass for it."""
    return make_memory(engine, lambda: uuid4().hex)
