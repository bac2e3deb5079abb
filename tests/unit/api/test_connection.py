from __future__ import annotations

import socket

import pytest

from api.connection import STALL_S, limit_stalls


def test_a_connection_that_stalls_ends_with_an_error() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        limit_stalls({"gunicorn.socket": ours})
        assert ours.gettimeout() == STALL_S


@pytest.mark.parametrize("environ", [{}, {"gunicorn.socket": None}])
def test_a_server_that_shows_no_socket_is_left_alone(environ: dict[str, None]) -> None:
    limit_stalls(environ)
