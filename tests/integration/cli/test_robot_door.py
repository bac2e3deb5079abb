"""The command that lets original robots in, beside a stack that runs."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli.services.network import free_port
from cli.stack import answers
from cli.stack_folder import save_connection
from storage.bootstrap import make_store
from tests.integration.cli.processes import eventually
from tests.original_robot import CONSTANTS, OriginalRobot, commands_message, hear
from tests.unit.api.picture_bytes import make_jpeg

pytestmark = pytest.mark.services

STARTS_WITHIN_S = 120.0


def command(folder: Path, port: int) -> list[str]:
    words = ["robot-door", f"--folder={folder}", f"--port={port}", "--network=127.0.0.0/8"]
    return [sys.executable, "-m", "cli.main", *words]


@pytest.fixture
def folder(tmp_path: Path, migrated_postgres_url: str, redis_url: str) -> Path:
    """What a stack leaves in its folder for others to join it."""
    connection = {
        "SORTERBOT_DATABASE_URL": migrated_postgres_url,
        "SORTERBOT_BROKER_URL": redis_url,
        "SORTERBOT_RESULTS_URL": redis_url,
        "SORTERBOT_IMAGE_STORE": (tmp_path / "images").as_uri(),
    }
    save_connection(tmp_path, connection)
    return tmp_path


@contextmanager
def running(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "door.log").open("ab") as log:
        door = subprocess.Popen(command(folder, port), stderr=log, env=dict(os.environ))
    try:
        eventually(lambda: answers(f"http://127.0.0.1:{port}/healthz"), STARTS_WITHIN_S)
        yield door
    finally:
        door.kill()
        door.wait()


def test_it_joins_a_stack_and_ends_in_good_order(folder: Path, migrated_postgres_url: str) -> None:
    port = free_port()
    robot = OriginalRobot(f"127.0.0.1:{port}")
    with running(folder, port) as door:
        assert robot.send_picture("S1", 1200, make_jpeg()).text == "true"
        door.send_signal(signal.SIGKILL)
        door.wait()
    store = make_store(migrated_postgres_url)
    with running(folder, port) as door, robot.connection() as connection:
        assert robot.send_picture("S1", 1200, make_jpeg()).text == "true"
        connection.send(commands_message("ARM001", "S1", CONSTANTS))
        [session] = store.find_sessions("robot/S1/before/")
        eventually(lambda: store.load_session(session.session_id).sealed_at is not None, 60)
        door.send_signal(signal.SIGTERM)
        assert hear(connection).code == 1011
        assert door.wait(timeout=60) == 0
    store.close()
    log = (folder / "door.log").read_text()
    assert "Traceback" not in log, log


def failed(folder: Path, port: int) -> str:
    """Return what the command says where it cannot open the door."""
    with subprocess.Popen(command(folder, port), stderr=subprocess.PIPE, text=True) as door:
        _, said = door.communicate(timeout=240)
    assert door.returncode == 1, said
    return said


def test_what_keeps_it_from_opening_is_told_in_one_sentence(folder: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        last_line = failed(folder, port).splitlines()[-1]
    assert f"127.0.0.1:{port} cannot be had" in last_line
    assert "is not the folder of a local stack" in failed(tmp_path / "nothing", port)
