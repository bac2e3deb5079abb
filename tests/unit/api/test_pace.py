from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.pace import GRACE_S, MIN_BYTES_PER_S, PacedSocket, seconds_allowed
from tests.unit.api.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def pair(clock: FakeClock) -> Iterator[tuple[PacedSocket, socket.socket]]:
    ours, theirs = socket.socketpair()
    paced = PacedSocket.adopt(ours, clock)
    with paced, theirs:
        yield paced, theirs


Pair = tuple[PacedSocket, socket.socket]


def test_a_sender_in_good_time_is_heard(pair: Pair, clock: FakeClock) -> None:
    paced, sender = pair
    sender.sendall(b"picture")
    clock.sleep(GRACE_S / 2)
    assert paced.recv(100) == b"picture"
    assert paced.gettimeout() is None, "the socket's own limit is left as it was"


def test_a_sender_who_dawdles_is_given_up_although_something_still_comes(
    pair: Pair, clock: FakeClock
) -> None:
    paced, sender = pair
    for _ in range(int(GRACE_S)):
        sender.sendall(b"x")
        assert paced.recv(1) == b"x"
        clock.sleep(1.0)
    sender.sendall(b"x")
    clock.sleep(1.0)
    with pytest.raises(TimeoutError):
        paced.recv(1)


def test_what_came_quickly_earns_time_for_the_rest(pair: Pair, clock: FakeClock) -> None:
    paced, sender = pair
    sender.sendall(bytes(MIN_BYTES_PER_S * 2))
    n_read = 0
    while n_read < MIN_BYTES_PER_S * 2:
        n_read += len(paced.recv(65_536))
    clock.sleep(GRACE_S + 1.5)
    sender.sendall(b"end")
    assert paced.recv(100) == b"end"


def test_each_request_of_a_connection_has_its_own_time(pair: Pair, clock: FakeClock) -> None:
    paced, sender = pair
    clock.sleep(GRACE_S * 5)
    paced.begin_request()
    sender.sendall(b"next")
    assert paced.recv(100) == b"next"


def test_where_nobody_waits_time_does_not_matter(pair: Pair, clock: FakeClock) -> None:
    paced, sender = pair
    paced.setblocking(False)
    clock.sleep(GRACE_S * 5)
    sender.sendall(b"late")
    assert paced.recv(100) == b"late"
    with pytest.raises(BlockingIOError):
        paced.recv(100)


def test_the_sockets_own_shorter_limit_holds(pair: Pair) -> None:
    paced, _ = pair
    paced.settimeout(0.01)
    with pytest.raises(TimeoutError):
        paced.recv(1)
    assert paced.gettimeout() == 0.01


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_more_bytes_may_take_longer_and_none_may_take_the_grace(n: int, more: int) -> None:
    assert seconds_allowed(0) == GRACE_S
    assert seconds_allowed(n + more) >= seconds_allowed(n)
