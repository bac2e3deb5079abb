from __future__ import annotations

from collections.abc import Iterator

import pytest

from cli.services.postgres import PostgresServer
from cli.services.redis import RedisServer
from tests.integration.api.running import RunningGateway, serve


@pytest.fixture(scope="module")
def shared(
    postgres_server: PostgresServer,
    migrated_template: str,
    redis_server: RedisServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[RunningGateway]:
    """One gateway for all tests of a module that leave it as they found it."""
    name = "shared_gateway"
    postgres_server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{migrated_template}"')
    folder = tmp_path_factory.mktemp("pictures")
    with serve(postgres_server.url(name), redis_server.url(), folder) as gateway:
        yield gateway
    postgres_server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
