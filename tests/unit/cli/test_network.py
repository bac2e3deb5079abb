from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from cli.services.network import HIGHEST_PORT, LOOPBACK, LOWEST_PORT, free_port, require_free
from sorter.errors import ConflictError


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as server:
        server.bind((LOOPBACK, 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_taken_port_is_refused_in_one_sentence_that_names_it(taken_port: int) -> None:
    with pytest.raises(ConflictError, match=f"port {taken_port}, wanted for the gateway, is taken"):
        require_free(taken_port, "gateway")


def test_a_free_port_lies_where_no_client_is_given_one_and_can_be_listened_on() -> None:
    port = free_port()
    assert LOWEST_PORT <= port <= HIGHEST_PORT
    require_free(port, "gateway")
