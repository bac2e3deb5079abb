"""A database that stands still: every wait for it ends, and it is used again when it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import psycopg2
import pytest
from sqlalchemy import make_url

from cli.faults.proxy import Proxy
from cli.services.postgres import PostgresServer
from sorter.errors import TransientError
from sorter.types import Arm
from storage.bounded_waits import bound_waits
from storage.engine import ANSWER_WITHIN_S, STATEMENT_TIMEOUT_MS, make_engine
from storage.sql_store import SqlStore

pytestmark = pytest.mark.services

ANSWER_S = 0.3


@pytest.fixture
def proxy(postgres_server: PostgresServer) -> Iterator[Proxy]:
    with Proxy(postgres_server.port) as proxy:
        yield proxy


@pytest.fixture
def store(
    postgres_server: PostgresServer, migrated_postgres_url: str, proxy: Proxy
) -> Iterator[SqlStore]:
    database = make_url(migrated_postgres_url).database or ""
    url = replace(postgres_server, port=proxy.port).url(database)
    engine = make_engine(url, pool_size=1, answer_within_s=ANSWER_S)
    store = SqlStore(engine, make_id=lambda: "id")
    store.save_arm(Arm("arm-1"))
    yield store
    store.close()


def test_a_server_that_stands_still_is_a_transient_error_and_is_used_when_it_goes_on(
    store: SqlStore, proxy: Proxy
) -> None:
    proxy.silence()
    for call in (lambda: store.load_arm("arm-1"), lambda: store.save_arm(Arm("arm-2"))):
        with pytest.raises(TransientError):
            call()
    proxy.pass_on()
    assert store.save_arm(Arm("arm-3"))
    assert store.load_arm("arm-1") == Arm("arm-1")


def test_a_statement_that_may_take_its_time_is_cut_by_the_server_first() -> None:
    assert STATEMENT_TIMEOUT_MS / 1000 < ANSWER_WITHIN_S


def test_connections_of_others_wait_as_long_as_it_takes(postgres_server: PostgresServer) -> None:
    bound_waits()
    dsn = make_url(postgres_server.url()).set(drivername="postgresql")
    others = psycopg2.connect(dsn.render_as_string(hide_password=False))
    with others.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s), 1", (2 * ANSWER_S,))
        assert cursor.fetchone() == ("", 1)
    others.close()
