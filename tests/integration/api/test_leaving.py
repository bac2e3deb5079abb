"""A real gateway that is asked to stop while robots talk to it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.integration.api.running import RunningGateway, serve
from tests.unit.api.picture_bytes import make_jpeg

pytestmark = pytest.mark.services


@pytest.fixture
def gateway(migrated_postgres_url: str, redis_url: str, tmp_path: Path) -> Iterator[RunningGateway]:
    folder = tmp_path / "pictures"
    folder.mkdir()
    with serve(migrated_postgres_url, redis_url, folder, SORTERBOT_LEAVE_S="4") as gateway:
        yield gateway


def test_it_says_that_it_goes_before_it_goes_and_ends_every_request(
    gateway: RunningGateway,
) -> None:
    session_id = gateway.open_session()
    with ThreadPoolExecutor(2) as robots:
        waiting = robots.submit(gateway.call, "GET", f"/sessions/{session_id}/commands?wait=30")
        slow = gateway.connect()
        data = make_jpeg()
        head = (
            f"POST /sessions/{session_id}/images/1500 HTTP/1.1\r\nHost: gateway\r\n"
            f"Authorization: Bearer {gateway.key}\r\nContent-Length: {len(data)}\r\n\r\n"
        )
        slow.sendall(head.encode() + data[:100])
        gateway.process.terminate()
        _await_not_ready(gateway)
        path = f"/sessions/{session_id}/images/1600"
        assert gateway.call("POST", path, data)[0] == 202, "what comes is still taken in"
        assert waiting.result(20)[0] == 202, "who waits is answered early"
        slow.sendall(data[100:])
        assert slow.recv(1000).startswith(b"HTTP/1.1 202")
        slow.close()
    assert gateway.process.wait(20) == 0
    positions = [image.position_pw for image in gateway.store.load_images(session_id)]
    assert sorted(positions) == [1500.0, 1600.0]


def _await_not_ready(gateway: RunningGateway) -> None:
    until_s = time.monotonic() + 3
    while gateway.call("GET", "/readyz")[0] == 200:
        assert time.monotonic() < until_s
        time.sleep(0.05)
