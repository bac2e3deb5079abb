"""The harness's TCP relay, before a real server that sends back what it is sent."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from cli.faults.proxy import Proxy
from cli.services.network import LOOPBACK

PATIENCE_S = 20.0
"""Far more than anything here takes, on the busiest machine."""

QUIET_S = 0.3
"""What would come, comes within this; where it does not, a test passes that should not."""


class Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with suppress(ConnectionResetError):
            while data := self.request.recv(65_536):
                self.request.sendall(data)


class EchoServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@pytest.fixture
def echo_port() -> Iterator[int]:
    with EchoServer((LOOPBACK, 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture
def proxy(echo_port: int) -> Iterator[Proxy]:
    with Proxy(echo_port) as proxy:
        yield proxy


@pytest.fixture
def client(proxy: Proxy) -> Iterator[socket.socket]:
    with connect(proxy) as client:
        assert echoed(client, b"hello") == b"hello"
        yield client


def connect(proxy: Proxy) -> socket.socket:
    return socket.create_connection((LOOPBACK, proxy.port), PATIENCE_S)


def connect_and_listen(client: socket.socket, proxy: Proxy) -> None:
    """Be cut while it listens, or as early as while it connects."""
    client.connect((LOOPBACK, proxy.port))
    client.recv(1)


def echoed(client: socket.socket, data: bytes) -> bytes:
    client.sendall(data)
    return read(client, len(data))


def read(client: socket.socket, n_bytes: int) -> bytes:
    got = b""
    while len(got) < n_bytes and (piece := client.recv(65_536)):
        got += piece
    return got


def assert_silent(client: socket.socket) -> None:
    client.settimeout(QUIET_S)
    with pytest.raises(TimeoutError):
        client.recv(1)
    client.settimeout(PATIENCE_S)


def await_connections(proxy: Proxy, n: int) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while proxy.n_connections != n and time.monotonic() < until_s:
        time.sleep(0.01)
    assert proxy.n_connections == n


def test_what_is_sent_arrives_whole_either_way(client: socket.socket) -> None:
    data = bytes(range(256)) * 4096
    sender = threading.Thread(target=client.sendall, args=(data,))
    sender.start()
    assert read(client, len(data)) == data
    sender.join()


def test_an_end_that_closes_is_passed_on_after_what_it_sent(
    proxy: Proxy, client: socket.socket
) -> None:
    client.sendall(b"last words")
    client.shutdown(socket.SHUT_WR)
    assert read(client, 100) == b"last words"
    await_connections(proxy, 0)


def test_a_reset_cuts_who_is_connected_and_takes_who_comes_next(
    proxy: Proxy, client: socket.socket
) -> None:
    proxy.reset()
    with pytest.raises(ConnectionResetError):
        client.recv(1)
    with connect(proxy) as another:
        assert echoed(another, b"again") == b"again"


def test_refusing_cuts_who_is_connected_and_refuses_who_comes_until_it_passes_on(
    proxy: Proxy, client: socket.socket
) -> None:
    proxy.refuse()
    with pytest.raises(ConnectionResetError):
        client.recv(1)
    for _ in range(3):
        with pytest.raises(ConnectionRefusedError):
            connect(proxy)
    proxy.pass_on()
    with connect(proxy) as another:
        assert echoed(another, b"again") == b"again"


def test_silence_takes_connections_and_moves_nothing_until_it_passes_on(
    proxy: Proxy, client: socket.socket
) -> None:
    proxy.silence()
    client.sendall(b"before")
    with connect(proxy) as another:
        another.sendall(b"meanwhile")
        assert_silent(client)
        assert_silent(another)
        proxy.pass_on()
        assert read(client, 6) == b"before"
        assert read(another, 9) == b"meanwhile"


def test_what_is_forgotten_stays_silent_for_good_beside_what_comes_new(
    proxy: Proxy, client: socket.socket
) -> None:
    proxy.silence()
    client.sendall(b"lost")
    with connect(proxy) as early:
        early.sendall(b"held back")
        proxy.forget()
        assert read(early, 9) == b"held back"  # it had not come through when all fell silent
        proxy.pass_on()
        assert_silent(client)
    proxy.reset()
    with pytest.raises(ConnectionResetError):
        client.recv(1)


def test_who_is_silenced_can_be_cut(proxy: Proxy, client: socket.socket) -> None:
    proxy.silence()
    proxy.reset()
    with pytest.raises(ConnectionResetError):
        client.recv(1)
    await_connections(proxy, 0)


def test_what_is_slowed_down_takes_the_delay_each_way_until_it_passes_on(
    proxy: Proxy, client: socket.socket
) -> None:
    delay_s = 0.1
    proxy.slow_down(delay_s)
    began_s = time.monotonic()
    assert echoed(client, b"slowly") == b"slowly"
    assert time.monotonic() - began_s >= 2 * delay_s
    proxy.pass_on()
    assert echoed(client, b"quickly") == b"quickly"


def test_a_server_that_does_not_listen_cuts_the_connection() -> None:
    with socket.socket() as nobody:
        nobody.bind((LOOPBACK, 0))
        with Proxy(nobody.getsockname()[1]) as proxy, socket.socket() as client:
            client.settimeout(PATIENCE_S)
            with pytest.raises(ConnectionResetError):
                connect_and_listen(client, proxy)


def test_stopping_cuts_what_is_connected_and_frees_the_port(echo_port: int) -> None:
    proxy = Proxy(echo_port)
    proxy.start()
    with connect(proxy) as client:
        assert echoed(client, b"hello") == b"hello"
        proxy.stop()
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    with pytest.raises(ConnectionRefusedError):
        connect(proxy)
