from __future__ import annotations

import socket

import pytest

from api.connection import STALL_S, limit_stalls
from tests.unit.api.gateway import FakeGateway
from tests.unit.api.picture_bytes import make_jpeg


def test_a_connection_that_stalls_ends_with_an_error() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        limit_stalls({"gunicorn.socket": ours})
        assert ours.gettimeout() == STALL_S


@pytest.mark.parametrize("environ", [{}, {"gunicorn.socket": None}])
def test_a_server_that_shows_no_socket_is_left_alone(environ: dict[str, None]) -> None:
    limit_stalls(environ)


def test_a_line_with_an_unread_body_on_it_is_said_to_be_closed(gateway: FakeGateway) -> None:
    unread = [
        gateway.client.post("/sessions", json={"arm_id": "arm-1"}),
        gateway.post_image("0" * 32),
        gateway.post_image(gateway.open_session(), data=make_jpeg() + bytes(60_000)),
        gateway.client.get("/healthz", data=b"nobody asked for it"),
    ]
    assert [answer.status_code for answer in unread] == [401, 404, 413, 200]
    assert [answer.headers.get("Connection") for answer in unread] == ["close"] * 4


def test_a_line_on_which_all_was_read_stays_open(gateway: FakeGateway) -> None:
    session_id = gateway.open_session()
    read = [
        gateway.post_image(session_id),
        gateway.post_image(session_id, data=b"no picture"),
        gateway.post("/sessions", data=b"{", content_type="application/json"),
        gateway.get(f"/sessions/{session_id}"),
        gateway.client.get(f"/sessions/{session_id}"),
    ]
    assert [answer.status_code for answer in read] == [202, 415, 422, 200, 401]
    assert [answer.headers.get("Connection") for answer in read] == [None] * 5
