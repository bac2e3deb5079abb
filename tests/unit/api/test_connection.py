from __future__ import annotations

import io
import socket

import pytest

from api.connection import CHUNK_BYTES, MAX_UNREAD_S, STALL_S, discard_unread, limit_stalls
from tests.unit.api.clock import FakeClock


class Trickle:
    """A body that takes its time."""

    def __init__(self, clock: FakeClock, seconds_a_read: float) -> None:
        self.clock = clock
        self.seconds_a_read = seconds_a_read
        self.n_reads = 0

    def read(self, n: int) -> bytes:
        self.n_reads += 1
        self.clock.sleep(self.seconds_a_read)
        return b"x"


class Broken:
    """A body whose sender is gone."""

    def read(self, n: int) -> bytes:
        raise ConnectionResetError


def test_what_is_left_of_a_body_is_read_in_pieces_and_forgotten() -> None:
    body = io.BytesIO(bytes(3 * CHUNK_BYTES))
    discard_unread({"wsgi.input_terminated": True, "wsgi.input": body}, FakeClock())
    assert body.read() == b""


def test_a_slow_sender_is_heard_out_for_seconds_only() -> None:
    clock = FakeClock()
    body = Trickle(clock, seconds_a_read=1.0)
    discard_unread({"wsgi.input_terminated": True, "wsgi.input": body}, clock)
    assert body.n_reads == MAX_UNREAD_S


def test_a_sender_who_is_gone_breaks_nothing() -> None:
    discard_unread({"wsgi.input_terminated": True, "wsgi.input": Broken()}, FakeClock())


def test_nothing_is_read_where_the_end_of_the_body_is_not_marked() -> None:
    body = io.BytesIO(b"of the next request")
    discard_unread({"wsgi.input": body}, FakeClock())
    assert body.tell() == 0


def test_a_connection_that_stalls_ends_with_an_error() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        limit_stalls({"gunicorn.socket": ours})
        assert ours.gettimeout() == STALL_S


@pytest.mark.parametrize("environ", [{}, {"gunicorn.socket": None}])
def test_a_server_that_shows_no_socket_is_left_alone(environ: dict[str, None]) -> None:
    limit_stalls(environ)
