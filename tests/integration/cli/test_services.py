from __future__ import annotations

import pytest
from redis import Redis
from sqlalchemy import create_engine, text

pytestmark = pytest.mark.services


@pytest.mark.parametrize("_", range(2))
def test_every_test_gets_an_empty_database_of_its_own(postgres_url: str, _: int) -> None:
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE left_behind (x int)"))
    engine.dispose()


@pytest.mark.parametrize("_", range(2))
def test_every_test_gets_an_empty_redis(redis_url: str, _: int) -> None:
    with Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("left", "behind")
