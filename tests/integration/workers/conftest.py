"""The workers' half of the system, with a Redis and a database of each module's own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from cli.services.network import free_port
from cli.services.postgres import PostgresServer
from cli.services.process import Child, Leash, await_ready
from cli.services.redis import RedisServer
from storage.schema import migrate
from tests.integration.workers.stack import Stack


@pytest.fixture(scope="module")
def own_redis(tmp_path_factory: pytest.TempPathFactory, leash: Leash) -> Iterator[RedisServer]:
    """A Redis that no other module's tests empty."""
    folder = tmp_path_factory.mktemp("own-redis")
    server = RedisServer(folder, free_port(), "test", is_durable=False)
    child = Child(server.prepare(), leash)
    await_ready(child, server.is_ready, within_s=20)
    yield server
    child.kill()


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory,
    leash: Leash,
    postgres_server: PostgresServer,
    own_redis: RedisServer,
) -> Iterator[Stack]:
    """Queues and rows, and no process yet that works."""
    database = f"stack_{secrets.token_hex(6)}"
    postgres_server.make_database(database)
    migrate(postgres_server.url(database))
    urls = (own_redis.url(0), own_redis.url(1))
    stack = Stack(tmp_path_factory.mktemp("stack"), postgres_server.url(database), urls, leash)
    yield stack
    stack.close()
