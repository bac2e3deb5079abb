"""Hypothesis' settings, and real servers for the tests that are marked ``services``."""

from __future__ import annotations

import importlib.util
import os
import secrets
from collections.abc import Iterator
from typing import TypeVar

import pytest
from hypothesis import settings
from redis import Redis

from cli.services.network import free_port
from cli.services.postgres import PostgresServer
from cli.services.process import Child, Leash, await_ready
from cli.services.redis import RedisServer

# A busy machine is slow without being wrong; 40 examples find what these laws can break by.
# On CI the examples are the same every time: a change is judged by itself, not by its luck.
settings.register_profile("laws", deadline=None, max_examples=40, derandomize="CI" in os.environ)
settings.load_profile("laws")

MIGRATED = "migrated"

WITHOUT_DETECTRON2 = "Detectron2 is not installed; docs/detectron2.md says how to get it"
WITHOUT_GPU = "no CUDA device"

Server = TypeVar("Server", PostgresServer, RedisServer)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this machine lacks the library or the device for, and say so."""
    for marker, is_there, reason in (
        ("detectron2", _has_detectron2, WITHOUT_DETECTRON2),
        ("gpu", _has_gpu, WITHOUT_GPU),
    ):
        marked = [item for item in items if item.get_closest_marker(marker)]
        if marked and not is_there():
            for item in marked:
                item.add_marker(pytest.mark.skip(reason=reason))


def _has_detectron2() -> bool:
    return importlib.util.find_spec("detectron2") is not None


def _has_gpu() -> bool:
    import torch  # the tests that need no GPU need not wait for it

    return torch.cuda.is_available()


@pytest.fixture(scope="session")
def leash() -> Iterator[Leash]:
    """What ends the servers when pytest itself is killed."""
    with Leash() as leash:
        yield leash


@pytest.fixture(scope="session")
def postgres_server(
    tmp_path_factory: pytest.TempPathFactory, leash: Leash
) -> Iterator[PostgresServer]:
    """A PostgreSQL for the whole run, fast because it need not outlive the machine's failure."""
    folder = tmp_path_factory.mktemp("postgres")
    server = PostgresServer(folder, free_port(), "test", is_durable=False)
    yield from _running(server, leash)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory, leash: Leash) -> Iterator[RedisServer]:
    """A Redis for the whole run that keeps nothing on disk."""
    folder = tmp_path_factory.mktemp("redis")
    server = RedisServer(folder, free_port(), "test", is_durable=False)
    yield from _running(server, leash)


def _running(server: Server, leash: Leash) -> Iterator[Server]:
    child = Child(server.prepare(), leash)
    try:
        await_ready(child, server.is_ready, within_s=60)
        yield server
    finally:
        child.stop()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of an empty database of the test's own."""
    yield from _own_database(postgres_server, template="template0")


@pytest.fixture(scope="session")
def migrated_template(postgres_server: PostgresServer) -> str:
    """The name of a database that holds the newest schema and nothing else."""
    from storage.schema import migrate

    postgres_server.make_database(MIGRATED)
    migrate(postgres_server.url(MIGRATED))
    return MIGRATED


@pytest.fixture
def migrated_postgres_url(postgres_server: PostgresServer, migrated_template: str) -> Iterator[str]:
    """The address of a database of the test's own that holds the newest schema."""
    yield from _own_database(postgres_server, template=migrated_template)


def _own_database(server: PostgresServer, template: str) -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
    yield server.url(name)
    server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The address of database 0 of an emptied Redis; database 1 is empty, too."""
    with Redis.from_url(redis_server.url()) as client:
        client.flushall()
    return redis_server.url()
