from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from api.keys import make_key
from cli.services.network import free_port
from sorter.types import Arm
from storage.bootstrap import make_store
from tests.unit.api.picture_bytes import make_jpeg

pytestmark = pytest.mark.services

ARM_ID = "arm-1"
MAX_BYTES = 100_000


@dataclass
class RunningGateway:
    """A gateway as gunicorn serves it, and a key of its arm."""

    process: subprocess.Popen[str]
    port: int
    key: str
    folder: Path

    def call(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, Any]]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            headers = {"Authorization": f"Bearer {self.key}", **headers}
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def open_session(self) -> str:
        body = json.dumps({"arm_id": ARM_ID}).encode()
        status, session = self.call(
            "POST", "/sessions", body, **{"Content-Type": "application/json"}
        )
        assert status == 201
        session_id: str = session["session_id"]
        return session_id


def environment(database_url: str, redis_url: str, folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "SORTERBOT_DATABASE_URL": database_url,
        "SORTERBOT_BROKER_URL": redis_url,
        "SORTERBOT_RESULTS_URL": redis_url,
        "SORTERBOT_IMAGE_STORE": folder.as_uri(),
        "SORTERBOT_MAX_IMAGE_BYTES": str(MAX_BYTES),
    }


def start(variables: dict[str, str], port: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "gunicorn", "-c", "python:api.gunicorn_settings"]
    command += ["api.bootstrap:create_app_from_environment()", "--bind", f"127.0.0.1:{port}"]
    return subprocess.Popen(command, env=variables, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def running(migrated_postgres_url: str, redis_url: str, tmp_path: Path) -> Iterator[RunningGateway]:
    store = make_store(migrated_postgres_url)
    store.save_arm(Arm(ARM_ID))
    key = make_key()
    store.save_key(key.key_id, ARM_ID, key.secret_sha256)
    port = free_port()
    process = start(environment(migrated_postgres_url, redis_url, tmp_path), port)
    gateway = RunningGateway(process, port, key.text, tmp_path)
    try:
        await_answer(gateway)
        yield gateway
    finally:
        process.terminate()
        process.communicate(timeout=30)


def await_answer(gateway: RunningGateway) -> None:
    until_s = time.monotonic() + 40
    while True:
        try:
            assert gateway.call("GET", "/readyz")[0] == 200
        except OSError:
            assert gateway.process.poll() is None, gateway.process.communicate()[1]
            assert time.monotonic() < until_s
            time.sleep(0.1)
        else:
            return


def n_kept(gateway: RunningGateway) -> int:
    return sum(path.is_file() for path in gateway.folder.rglob("*"))


def test_a_robot_is_served_over_real_sockets(running: RunningGateway) -> None:
    session_id = running.open_session()
    status, image = running.call("POST", f"/sessions/{session_id}/images/1500", make_jpeg())
    assert status == 202
    assert running.call("POST", f"/sessions/{session_id}/images/1500", make_jpeg()) == (202, image)
    assert running.call("POST", f"/sessions/{session_id}/complete")[1]["state"] == "sealed"
    began_s = time.monotonic()
    assert running.call("GET", f"/sessions/{session_id}/commands?wait=1")[0] == 202
    assert 1 <= time.monotonic() - began_s < 5
    assert n_kept(running) == 1


def test_a_body_over_the_limit_is_refused_however_its_length_is_told(
    running: RunningGateway,
) -> None:
    path = f"/sessions/{running.open_session()}/images/1500"
    too_long = make_jpeg() + bytes(MAX_BYTES)
    assert running.call("POST", path, too_long)[0] == 413
    assert running.call("POST", path, bytes(30_000_000))[0] == 413, "the answer is heard"

    connection = HTTPConnection("127.0.0.1", running.port, timeout=20)
    chunks = (too_long[at : at + 4096] for at in range(0, len(too_long), 4096))
    headers = {"Authorization": f"Bearer {running.key}"}
    connection.request("POST", path, chunks, headers, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()
    assert n_kept(running) == 0


def test_a_robot_that_vanishes_in_mid_picture_leaves_nothing(running: RunningGateway) -> None:
    session_id = running.open_session()
    data = make_jpeg()
    head = (
        f"POST /sessions/{session_id}/images/1500 HTTP/1.1\r\nHost: gateway\r\n"
        f"Authorization: Bearer {running.key}\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", running.port)) as robot:
        robot.sendall(head.encode() + data[: len(data) // 2])
    status, session = running.call("GET", f"/sessions/{session_id}")
    assert (status, session["progress"]["n_images"]) == (200, 0)
    assert n_kept(running) == 0


def test_it_logs_one_json_object_a_line_and_ends_in_order(running: RunningGateway) -> None:
    running.open_session()
    running.process.send_signal(signal.SIGTERM)
    _, log = running.process.communicate(timeout=20)
    assert running.process.returncode == 0
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    requests = [line for line in lines if line["event"] == "request"]
    assert requests[-1]["path"] == "/sessions"
    assert requests[-1]["arm_id"] == ARM_ID
    assert running.key.split("_", 2)[2] not in log


def test_on_a_database_without_tables_it_refuses_and_names_the_command(
    postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    process = start(environment(postgres_url, redis_url, tmp_path), free_port())
    _, log = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "sorterbot migrate" in log
    assert "Traceback" not in log
