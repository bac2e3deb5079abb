"""The door itself: who is let in, and who answers a connection.

One thread a connection, and one of the library's that reads from it: robots are tens, not
thousands, and what they ask for (rows, image store, broker) blocks. docs/adr/0026 says more.

WebSockets and the two calls of a control panel come to one port, since robots know one address
for each; the first bytes tell them apart.
"""

from __future__ import annotations

import hmac
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Network, ip_address
from select import select
from typing import Any

import structlog
from websockets.http11 import Request, Response
from websockets.sync.server import Server, ServerConnection, serve

from api.context import Context
from api.robot_door.closing import NOT_NOW
from api.robot_door.conversation import RECEIVE_WITHIN_S, Door, RobotTalk, converse
from api.robot_door.messages import MAX_MESSAGE_BYTES
from api.robot_door.panel import CHECK_IN_PATH, PanelRequest, answer_check_in

LOOPBACK = "127.0.0.1"
PORT = 6000
MAX_CONNECTIONS = 200
"""Each has two threads; containers commonly may have 500."""

FIRST_BYTES_WITHIN_S = 10.0
CLOSE_WITHIN_S = 3.0
REFUSE_WITHIN_S = 1.0
MAX_HEAD_BYTES = 65_536
BACKLOG = 128
KEEPALIVE = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}
"""Seconds, and how often: a robot that lost its power is missed within a minute."""

Network = IPv4Network | IPv6Network
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DoorSettings:
    """Where the door is, and for whom.

    Attributes:
        networks: Who may come; everybody where there are none.
        token: Must be the first part of the address's path; nobody need say one where it is
            empty.
    """

    host: str = LOOPBACK
    port: int = PORT
    networks: tuple[Network, ...] = ()
    token: str = ""
    max_connections: int = MAX_CONNECTIONS

    def admits(self, address: str) -> bool:
        """Whether somebody at this address may come."""
        if not self.networks:
            return True
        where = ip_address(address.partition("%")[0])
        where = getattr(where, "ipv4_mapped", None) or where
        return any(where in network for network in self.networks)

    def path_behind_token(self, path: str) -> str | None:
        """Return what follows the token, in a time that does not tell how nearly it was right.

        ``None`` where the token is not there.
        """
        if not self.token:
            return path
        said, slash, rest = path.removeprefix("/").partition("/")
        is_right = hmac.compare_digest(said.encode(errors="replace"), self.token.encode())
        return slash + rest if is_right else None


class DoorServer:
    """Listens from its making on, and answers while :meth:`serve_forever` runs."""

    def __init__(self, door: Door, settings: DoorSettings) -> None:
        self._door = door
        self._settings = settings
        self._n_open = 0
        self._lock = threading.Lock()
        self.context: Context = door.context
        listener = socket.create_server(
            (settings.host, settings.port),
            family=socket.AF_INET6 if ":" in settings.host else socket.AF_INET,
            backlog=BACKLOG,
        )
        self.port: int = listener.getsockname()[1]
        self._server: Server = serve(
            self._converse,
            sock=listener,
            process_request=self._look_at_request,
            compression=None,
            ping_interval=None,  # a robot that carries commands out answers none
            close_timeout=CLOSE_WITHIN_S,
            max_size=MAX_MESSAGE_BYTES,
            max_queue=2,
        )
        self._websocket = self._server.handler
        self._server.handler = self._receive

    def serve_forever(self) -> None:
        """Answer until :meth:`shutdown`."""
        self._server.serve_forever()

    def shutdown(self) -> None:
        """Take no more, close what is open in good order, and return when all has ended."""
        self.context.leaving.set()
        # Not 1001: where a robot waits to be started, its library takes that for its own wish.
        self._server.shutdown(code=NOT_NOW, reason="the door is closing; come again")

    def is_allowed_path(self, path: str) -> str | None:
        """Return the path behind the token; ``None`` where the token is not there."""
        return self._settings.path_behind_token(path)

    def _receive(self, sock: socket.socket, address: Any) -> None:
        with self._counted() as n_open:
            try:
                why = self._why_refused(address[0], n_open)
                if why is not None:
                    self._refuse(sock, address[0], why)
                elif self._sends_post(sock):
                    with sock:
                        PanelRequest(sock, address, self)  # type: ignore[arg-type]  # it says more
                else:
                    self._websocket(sock, address)
            except OSError:
                sock.close()
            finally:
                with self._server.lock:
                    self._server.handler_threads.discard(threading.current_thread())

    def _why_refused(self, address: str, n_open: int) -> str | None:
        if not self._settings.admits(address):
            return "network"
        return "full" if n_open > self._settings.max_connections else None

    def _refuse(self, sock: socket.socket, address: str, why: str) -> None:
        self._door.metrics.refused.labels(why).inc()
        log.warning("connection_refused", address=address, why=why)
        status = HTTPStatus.FORBIDDEN if why == "network" else HTTPStatus.SERVICE_UNAVAILABLE
        head = f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\n"
        with sock:
            sock.settimeout(REFUSE_WITHIN_S)
            sock.sendall(f"{head}Content-Length: 0\r\n\r\n".encode())
            sock.shutdown(socket.SHUT_WR)
            sock.recv(MAX_HEAD_BYTES)  # closed with a request unread, the answer would be lost

    def _sends_post(self, sock: socket.socket) -> bool:
        """Whether a request begins as a POST does; its bytes stay where they are."""
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in KEEPALIVE.items():
            if hasattr(socket, name):  # Linux has them all
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, len(b"POST"))
        readable, _, _ = select([sock], [], [], FIRST_BYTES_WITHIN_S)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
        if not readable:
            raise TimeoutError("nothing came")
        return sock.recv(len(b"POST"), socket.MSG_PEEK) == b"POST"

    def _look_at_request(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answer what is no WebSocket, and refuse who lacks the token."""
        path = request.path.partition("?")[0]
        if path == "/healthz":
            return connection.respond(HTTPStatus.OK, "ok\n")
        if path == "/metrics":
            return connection.respond(HTTPStatus.OK, self.context.metrics.text().decode())
        if self.is_allowed_path(path) is None:
            self._door.metrics.refused.labels("token").inc()
            return connection.respond(HTTPStatus.FORBIDDEN, "the address lacks the token\n")
        return None

    def _converse(self, connection: ServerConnection) -> None:
        path = self.is_allowed_path(connection.request.path) if connection.request else None
        if path == CHECK_IN_PATH:
            converse(connection, lambda said: answer_check_in(self.context, said), None)
        else:
            converse(connection, RobotTalk(self._door, connection).respond, RECEIVE_WITHIN_S)

    @contextmanager
    def _counted(self) -> Iterator[int]:
        with self._lock:
            self._n_open += 1
            n_open = self._n_open
            self._door.metrics.connections.set(n_open)
        try:
            yield n_open
        finally:
            with self._lock:
                self._n_open -= 1
                self._door.metrics.connections.set(self._n_open)
