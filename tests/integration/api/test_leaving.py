"""A real gateway that is asked to stop while robots talk to it."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.integration.api.running import RunningGateway, serve
from tests.unit.api.picture_bytes import make_jpeg

pytestmark = pytest.mark.services

LEAVE_S = 4


@pytest.fixture
def gateway(migrated_postgres_url: str, redis_url: str, tmp_path: Path) -> Iterator[RunningGateway]:
    folder = tmp_path / "pictures"
    folder.mkdir()
    with serve(migrated_postgres_url, redis_url, folder, SORTERBOT_LEAVE_S=str(LEAVE_S)) as gateway:
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
        late = robots.submit(_post_once_not_ready, gateway, session_id, data)
        gateway.process.terminate()
        slow.sendall(data[100:])
        assert slow.recv(1000).startswith(b"HTTP/1.1 202"), "what is under way is answered"
        slow.close()
        assert waiting.result(20)[0] == 202, "who waits is answered early"
        was_in_time = late.result(20)
    assert gateway.process.wait(20) == 0
    positions = [image.position_pw for image in gateway.store.load_images(session_id)]
    assert sorted(positions) == [1500.0, 1600.0][: 1 + was_in_time]


def _post_once_not_ready(gateway: RunningGateway, session_id: str, data: bytes) -> bool:
    """Post a picture as soon as the gateway says that it goes; False where that came too late.

    Only a machine so slow that the gateway had gone meanwhile is too late.
    """
    gone_after_s = math.inf
    while True:
        try:
            ready = gateway.call("GET", "/readyz")[0]
            if ready != 200:
                gone_after_s = min(gone_after_s, time.monotonic() + LEAVE_S / 2)
                path = f"/sessions/{session_id}/images/1600"
                return gateway.call("POST", path, data)[0] == 202
        except OSError:
            assert time.monotonic() > gone_after_s, "it went without saying so"
            return False
