from __future__ import annotations

import json
import signal
import socket
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from cli.services.network import free_port
from tests.integration.api.running import (
    ARM_ID,
    MAX_BYTES,
    RunningGateway,
    environment,
    serve,
    start,
)
from tests.unit.api.picture_bytes import make_jpeg

pytestmark = pytest.mark.services


@pytest.fixture
def running(migrated_postgres_url: str, redis_url: str, tmp_path: Path) -> Iterator[RunningGateway]:
    with serve(migrated_postgres_url, redis_url, tmp_path) as gateway:
        yield gateway


def test_a_robot_is_served_over_real_sockets(running: RunningGateway) -> None:
    session_id = running.open_session()
    status, image = running.call("POST", f"/sessions/{session_id}/images/1500", make_jpeg())
    assert status == 202
    assert running.call("POST", f"/sessions/{session_id}/images/1500", make_jpeg()) == (202, image)
    assert running.call("POST", f"/sessions/{session_id}/complete")[1]["state"] == "sealed"
    began_s = time.monotonic()
    assert running.call("GET", f"/sessions/{session_id}/commands?wait=1")[0] == 202
    assert 1 <= time.monotonic() - began_s < 5
    assert running.n_kept == 1


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
    assert running.n_kept == 0


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
    assert running.n_kept == 0


def test_it_logs_one_json_object_a_line_and_ends_in_order(running: RunningGateway) -> None:
    running.open_session()
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(timeout=30) == 0
    lines = [json.loads(line) for line in running.log.splitlines() if line.startswith("{")]
    requests = [line for line in lines if line["event"] == "request"]
    assert requests[-1]["path"] == "/sessions"
    assert requests[-1]["arm_id"] == ARM_ID
    assert running.key.split("_", 2)[2] not in running.log


def test_on_a_database_without_tables_it_refuses_and_names_the_command(
    postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    process = start(environment(postgres_url, redis_url, tmp_path), free_port(), log)
    assert process.wait(timeout=60) != 0
    assert "sorterbot migrate" in log.read_text()
    assert "Traceback" not in log.read_text()
