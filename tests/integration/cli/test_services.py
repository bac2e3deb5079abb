from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from redis import Redis
from sqlalchemy import create_engine, text

from cli.services.network import LOOPBACK, free_port
from cli.services.postgres import PostgresServer
from cli.services.process import Child, Leash, await_ready
from cli.services.redis import RedisServer
from sorter.errors import SorterBotError
from tests.integration.cli.processes import eventually, lives

pytestmark = pytest.mark.services

AWKWARD = "a stack's Ordner für $HOME 机"


class Starter:
    """Starts servers and remembers what has to be stopped."""

    def __init__(self, leash: Leash) -> None:
        self._leash = leash
        self.children: list[Child] = []

    def __call__(self, server: PostgresServer | RedisServer) -> Child:
        child = Child(server.prepare(), self._leash)
        self.children.append(child)
        await_ready(child, server.is_ready, within_s=60)
        return child


@pytest.fixture
def started(leash: Leash) -> Iterator[Starter]:
    starter = Starter(leash)
    yield starter
    for child in starter.children:
        child.stop()


def make_postgres(folder: Path) -> PostgresServer:
    return PostgresServer(folder, free_port(), "secret", is_durable=False)


@pytest.mark.parametrize("_", range(2))
def test_every_test_gets_an_empty_database_of_its_own(postgres_url: str, _: int) -> None:
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE left_behind (x int)"))
    engine.dispose()


@pytest.mark.parametrize("_", range(2))
def test_every_test_gets_a_migrated_database_of_its_own(migrated_postgres_url: str, _: int) -> None:
    engine = create_engine(migrated_postgres_url)
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM sessions")) == 0
        connection.execute(text("CREATE TABLE left_behind (x int)"))
    engine.dispose()


@pytest.mark.parametrize("_", range(2))
def test_every_test_gets_an_empty_redis(redis_url: str, _: int) -> None:
    with Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("left", "behind")


def test_postgres_keeps_its_rows_from_start_to_start_in_an_awkward_folder(
    tmp_path: Path, started: Starter
) -> None:
    first = make_postgres(tmp_path / AWKWARD)
    child = started(first)
    first.make_database("kept")
    first.make_database("kept")
    assert child.stop() == 0
    second = make_postgres(tmp_path / AWKWARD)
    started(second)
    second.execute("SELECT 1", database="kept")


def test_two_postgres_run_side_by_side(tmp_path: Path, started: Starter) -> None:
    servers = [make_postgres(tmp_path / name) for name in ("left", "right")]
    for server in servers:
        started(server)
    assert all(server.is_ready() for server in servers)


def test_postgres_lets_nobody_in_without_its_password(tmp_path: Path, started: Starter) -> None:
    server = make_postgres(tmp_path)
    started(server)
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        PostgresServer(tmp_path, server.port, "guess").execute("SELECT 1")


def test_postgres_never_runs_as_root(tmp_path: Path, started: Starter) -> None:
    server = make_postgres(tmp_path)
    started(server)
    assert (server.data / "postmaster.pid").stat().st_uid != 0


def test_postgres_starts_after_it_was_killed(tmp_path: Path, started: Starter) -> None:
    server = make_postgres(tmp_path)
    started(server).kill()
    assert (server.data / "postmaster.pid").exists()
    started(server)


def test_a_postgres_that_is_killed_keeps_what_it_has_just_committed(
    tmp_path: Path, started: Starter
) -> None:
    server = make_postgres(tmp_path)
    child = started(server)
    server.execute("CREATE TABLE kept (n int)")
    connection = psycopg2.connect(server.url().replace("+psycopg2", ""))
    connection.autocommit = True
    with connection.cursor() as cursor:
        for n in range(200):
            cursor.execute("INSERT INTO kept VALUES (%s)", (n,))
        child.kill()
    connection.close()
    started(server)
    connection = psycopg2.connect(server.url().replace("+psycopg2", ""))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM kept")
        assert cursor.fetchone() == (200,)
    connection.close()


def test_postgres_starts_where_the_lock_file_names_a_process_that_is_another(
    tmp_path: Path, started: Starter
) -> None:
    server = make_postgres(tmp_path)
    started(server).stop()
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n{server.data}\n")
    started(server)


def test_a_postgres_that_was_left_running_is_ended_before_the_next(
    tmp_path: Path, started: Starter
) -> None:
    left = started(make_postgres(tmp_path))
    started(make_postgres(tmp_path))
    assert left.exit_status == 0


def test_a_data_folder_that_was_only_half_made_is_made_again(
    tmp_path: Path, started: Starter
) -> None:
    (tmp_path / "data.new" / "base").mkdir(parents=True)
    started(make_postgres(tmp_path))


def test_a_port_that_is_taken_is_reported_in_one_sentence(tmp_path: Path, started: Starter) -> None:
    first = make_postgres(tmp_path / "first")
    started(first)
    with pytest.raises(SorterBotError, match=r"postgres ended at once: .* \(log: ") as caught:
        started(PostgresServer(tmp_path / "second", first.port, "other", is_durable=False))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", [PostgresServer, RedisServer])
def test_a_folder_that_cannot_be_made_is_reported_in_one_sentence(
    tmp_path: Path, kind: type[PostgresServer] | type[RedisServer]
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SorterBotError, match="file/folder: Not a directory"):
        kind(tmp_path / "file" / "folder", free_port(), "secret").prepare()


def test_redis_keeps_what_it_acknowledged_when_it_is_killed(
    tmp_path: Path, started: Starter
) -> None:
    server = RedisServer(tmp_path / AWKWARD, free_port(), "secret")
    child = started(server)
    with Redis.from_url(server.url(1)) as client:
        client.set("kept", "yes")
    child.kill()
    started(server)
    with Redis.from_url(server.url(1), decode_responses=True) as client:
        assert client.get("kept") == "yes"
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_redis_lets_nobody_in_without_its_password(tmp_path: Path, started: Starter) -> None:
    server = RedisServer(tmp_path, free_port(), "secret")
    started(server)
    with socket.create_connection((LOOPBACK, server.port)) as stranger:
        stranger.sendall(b"PING\r\n")
        assert stranger.recv(100).startswith(b"-NOAUTH")


START_BOTH = """
import pathlib, sys, time
from cli.services.network import LOOPBACK, free_port
from cli.services.postgres import PostgresServer
from cli.services.process import Child, Leash, await_ready
from cli.services.redis import RedisServer
leash = Leash()
for kind in (PostgresServer, RedisServer):
    folder = pathlib.Path(sys.argv[1]) / kind.__name__
    server = kind(folder, free_port(), "secret", is_durable=False)
    child = Child(server.prepare(), leash)
    await_ready(child, server.is_ready, 60)
    print(child.pid, flush=True)
time.sleep(600)
"""


def test_the_servers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", START_BOTH, str(tmp_path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pids = [int(parent.stdout.readline()) for _ in range(2)]
        parent.send_signal(signal.SIGKILL)
    eventually(lambda: not any(lives(pid) for pid in pids))
