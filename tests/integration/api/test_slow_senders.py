"""However many dawdle, stall or stay, a robot in good time is served."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from api.gunicorn_settings import threads
from api.reception import BODY_AHEAD_BYTES, MAX_HEAD_BYTES
from tests.integration.api.raw import answers_of, post_head, read_all
from tests.integration.api.running import MAX_BYTES, RunningGateway
from tests.unit.api.picture_bytes import make_jpeg

pytestmark = pytest.mark.services

N_SLOW = threads * 3
PICTURE = make_jpeg()


@contextmanager
def senders(gateway: RunningGateway, sent: bytes, n: int = N_SLOW) -> Iterator[list[socket.socket]]:
    """Open that many connections that send this and then do nothing, not even close."""
    with ExitStack() as opened:
        connections = [opened.enter_context(gateway.connect()) for _ in range(n)]
        for connection in connections:
            connection.sendall(sent)
        yield connections


def n_waiting(connections: list[socket.socket]) -> int:
    """How many of them have heard nothing yet."""
    heard, _, _ = select.select(connections, [], [], 0)
    return len(connections) - len(heard)


def check_robot_is_served(gateway: RunningGateway) -> None:
    session_id = gateway.open_session()
    assert gateway.call("POST", f"/sessions/{session_id}/images/1500", PICTURE)[0] == 202


BEGINNINGS = {
    "nothing": b"",
    "half a line": b"POST /sess",
    "half a head": b"POST /sessions HTTP/1.1\r\nHost: gateway\r\n",
    "the beginning of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20,
    "a long head": b"GET / HTTP/1.1\r\nX: " + b"x" * (MAX_HEAD_BYTES - 100),
}


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_those_who_send_no_whole_head_hold_nobody_up(
    shared: RunningGateway, beginning: str
) -> None:
    with senders(shared, BEGINNINGS[beginning]) as connections:
        check_robot_is_served(shared)
        assert n_waiting(connections) == N_SLOW, "they were in nobody's way"


def test_bodies_that_stall_hold_nobody_up_with_a_key_or_without(shared: RunningGateway) -> None:
    head = post_head(shared, shared.open_session(), f"Content-Length: {MAX_BYTES - 1}")
    unknown = head.replace(shared.key.encode(), b"nobody")
    for beginning in (head + PICTURE, unknown + PICTURE, unknown + bytes(BODY_AHEAD_BYTES)):
        with senders(shared, beginning):
            check_robot_is_served(shared)


def test_the_slow_bodies_of_one_arm_leave_threads_to_the_others(shared: RunningGateway) -> None:
    head = post_head(shared, shared.open_session(), f"Content-Length: {MAX_BYTES - 1}")
    other = shared.as_arm("arm-2")
    with senders(shared, head + bytes(BODY_AHEAD_BYTES)) as connections:
        check_robot_is_served(other)
        select.select(connections, [], [], 20)
        refused = select.select(connections, [], [], 0)[0][0]
        [answer] = answers_of(read_all(refused))
        assert answer.status == 503
        assert answer.problem["type"].endswith("bodies-full")


def test_those_who_do_not_close_when_they_should_hold_nobody_up(shared: RunningGateway) -> None:
    with senders(shared, b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"):
        check_robot_is_served(shared)
    with senders(shared, b"no HTTP\r\n\r\n"):
        check_robot_is_served(shared)


def test_a_slow_sender_is_told_so_and_ended(shared: RunningGateway) -> None:
    head = post_head(shared, shared.open_session(), f"Content-Length: {MAX_BYTES - 1}")
    n_kept = shared.n_kept
    slow = [b"GET /healthz HT", head + b"x", head + PICTURE.ljust(BODY_AHEAD_BYTES)]
    with ExitStack() as opened:
        connections = [opened.enter_context(shared.connect()) for _ in slow]
        for connection, sent in zip(connections, slow, strict=True):
            connection.settimeout(60)
            connection.sendall(sent)
        for connection in connections:
            [answer] = answers_of(read_all(connection))
            assert answer.status == 408
            assert answer.problem["type"].endswith("request-timeout")
    assert shared.n_kept == n_kept


def test_a_picture_that_comes_byte_by_byte_and_in_time_is_taken(shared: RunningGateway) -> None:
    session_id = shared.open_session()
    request = post_head(shared, session_id, f"Content-Length: {len(PICTURE)}") + PICTURE
    with shared.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in request:
            connection.sendall(bytes([byte]))
        [answer] = answers_of(read_all(connection))
    assert answer.status == 202
