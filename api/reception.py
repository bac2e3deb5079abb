"""The gateway's door: a request gets a thread once it is here, and nobody's slowness holds one.

gunicorn's threads read what comes from a connection's first byte on, without a limit of time, and
its main loop waits up to two seconds for each peer to close. So a few dozen connections that send
half a line, or that stay when they should go, stop every robot. Here the waiting is done by the
loop that waits for all connections at once: the kernel keeps what has come, and tells when there
is enough of it.
"""

from __future__ import annotations

import re
import socket
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from selectors import EVENT_READ
from typing import Any

from gunicorn.http import errors
from gunicorn.workers.gthread import TConn, ThreadWorker

from api.pace import PacedSocket
from api.problems import PROBLEM_JSON, TYPE_PREFIX, Problem

MAX_HEAD_BYTES = 32_768
BODY_AHEAD_BYTES = 65_536
"""A body is read by a thread once so much of it came, or all: most photographs of small cameras."""

RECEIVE_WITHIN_S = 10.0
"""For the head and that much of the body; about 6.5 KB/s."""

LEAVE_WITHIN_S = 10.0
MAX_UNREAD_BYTES = 100_000_000
"""A refused sender is heard out for so long and so far, so that it hears the answer."""

STOPPING_S = 2.0
"""What a stopping gateway allows for either."""

CHUNK_BYTES = 262_144
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_CONTENT_LENGTH = re.compile(rb"\ncontent-length:[ \t]*(\d{1,15})[ \t]*\r?\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\ntransfer-encoding:[^\n]*chunked", re.IGNORECASE)
_EXPECTS = re.compile(rb"\nexpect:", re.IGNORECASE)
_LAST_CHUNK = re.compile(rb"\n0+[ \t]*(;[^\n]*)?\r\n")

_STATUSES: dict[type[Exception], HTTPStatus] = {
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
}


def n_bytes_wanted(received: bytes) -> int:
    """Return how many bytes of a request there must be before it is worth a thread.

    Whatever is no HTTP is wanted as it is: to refuse it is quick.

    Args:
        received: The request's first bytes.

    Returns:
        At most ``len(received)`` where there are enough.

    Raises:
        LimitRequestHeaders: The head is too long, ended or not.
    """
    head = _END_OF_HEAD.search(received, 0, MAX_HEAD_BYTES)
    if head is None:
        if len(received) >= MAX_HEAD_BYTES:
            raise errors.LimitRequestHeaders(f"a head may have {MAX_HEAD_BYTES} bytes")
        return len(received) + 1
    lines = received[: head.end()]
    if _EXPECTS.search(lines):  # it sends nothing before it is answered
        return head.end()
    if _CHUNKED.search(lines):
        body = received[head.end() - 1 :]
        is_all = len(body) > BODY_AHEAD_BYTES or _LAST_CHUNK.search(body)
        return len(received) if is_all else len(received) + 1
    length = _CONTENT_LENGTH.search(lines)
    return head.end() + min(int(length[1]) if length else 0, BODY_AHEAD_BYTES)


@dataclass(slots=True)
class _Waiting:
    """A connection in the loop: since when, and how much it may still send."""

    since_s: float
    n_left: int = MAX_UNREAD_BYTES


class ReceivingWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn publishes no types
    """gunicorn's threaded worker, in which only requests that came hold a thread."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._receiving: dict[TConn, _Waiting] = {}
        self._leaving: dict[TConn, _Waiting] = {}

    def load_wsgi(self) -> None:
        """Load the gateway."""
        super().load_wsgi()
        gateway = self.app.wsgi()
        self.wsgi = lambda environ, start: gateway(environ, _heeding_close(start))

    def enqueue_req(self, conn: TConn) -> None:
        """Give a connection a thread, now or when enough of its request is here."""
        if not isinstance(conn.sock, PacedSocket):
            conn.sock = PacedSocket.adopt(conn.sock)
        self._admit(conn, _Waiting(time.monotonic()))

    def handle(self, conn: TConn) -> Any:
        """Serve a connection's request, in a thread."""
        conn.sock.begin_request()
        return super().handle(conn)

    def finish_request(self, conn: TConn, served: Future[Any]) -> None:
        """Keep a connection, or part with it without waiting for its peer."""
        if served.cancelled() or served.exception() is not None or served.result():
            super().finish_request(conn, served)
        else:
            self._leave(conn)

    def murder_pending(self) -> None:
        """Part with those who take too long."""
        super().murder_pending()
        for conn in self._overdue(self._receiving, RECEIVE_WITHIN_S):
            self._forget(conn, self._receiving)
            _refuse(conn.sock, HTTPStatus.REQUEST_TIMEOUT, "the request came too slowly")
            self._leave(conn)
        for conn in self._overdue(self._leaving, LEAVE_WITHIN_S):
            self._forget(conn, self._leaving)
            self._drop(conn)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """Answer what is no HTTP with a problem document; what was sent is not repeated."""
        if not isinstance(exc, errors.ParseException) or _is_ours(exc):
            super().handle_error(req, client, addr, exc)
            return
        status = _STATUSES.get(type(exc), HTTPStatus.BAD_REQUEST)
        self.log.warning("no HTTP from %s: %s", addr[0] if addr else "", type(exc).__name__)
        _refuse(client, status, f"the request cannot be read: {type(exc).__name__}")

    def _is_here(self, conn: TConn) -> bool:
        """Whether there is enough of a request; where not, await more of it."""
        held = conn.parser.unreader.buf.getvalue() if conn.parser else b""
        n_peeked = MAX_HEAD_BYTES + BODY_AHEAD_BYTES
        try:
            come = conn.sock.recv(n_peeked, socket.MSG_PEEK)
        except BlockingIOError:
            come = b""
        except OSError:  # whoever reads it meets the error again
            return True
        else:
            if len(come) < conn.sock.n_awaited:  # no more will come
                return True
        n_more = min(n_bytes_wanted(held + come) - len(held), n_peeked)
        if n_more <= len(come):
            return True
        conn.sock.await_bytes(n_more)
        return False

    def _admit(self, conn: TConn, waiting: _Waiting) -> None:
        conn.sock.setblocking(False)
        try:
            is_here = self._is_here(conn)
        except errors.LimitRequestHeaders as error:
            self.handle_error(None, conn.sock, conn.client, error)
            self._leave(conn)
            return
        if is_here:
            conn.sock.await_bytes(1)
            conn.data_ready = True
            super().enqueue_req(conn)
        else:
            self._receiving[conn] = waiting
            self.poller.register(conn.sock, EVENT_READ, partial(self._receive, conn))

    def _receive(self, conn: TConn, _sock: socket.socket) -> None:
        self._admit(conn, self._forget(conn, self._receiving))

    def _leave(self, conn: TConn) -> None:
        """Say that there is nothing more, and hear out what the peer still sends.

        Closed at once, the connection would be reset, and the answer lost with it.
        """
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            conn.sock.await_bytes(1)
        except OSError:
            self._drop(conn)
            return
        self._leaving[conn] = _Waiting(time.monotonic())
        self.poller.register(conn.sock, EVENT_READ, partial(self._hear_out, conn))

    def _hear_out(self, conn: TConn, sock: socket.socket) -> None:
        waiting = self._leaving[conn]
        try:
            n_read = len(sock.recv(CHUNK_BYTES))
        except BlockingIOError:
            return
        except OSError:
            n_read = 0
        waiting.n_left -= n_read
        if n_read == 0 or waiting.n_left <= 0:
            self._forget(conn, self._leaving)
            self._drop(conn)

    def _overdue(self, waiting: dict[TConn, _Waiting], within_s: float) -> list[TConn]:
        before_s = time.monotonic() - (within_s if self.alive else STOPPING_S)
        return [conn for conn, wait in waiting.items() if wait.since_s <= before_s]

    def _forget(self, conn: TConn, waiting: dict[TConn, _Waiting]) -> _Waiting:
        self.poller.unregister(conn.sock)
        return waiting.pop(conn)

    def _drop(self, conn: TConn) -> None:
        self.nr_conns -= 1
        conn.close()


def _heeding_close(start_response: Any) -> Callable[..., Any]:
    """Close the connection where the gateway's answer says so: gunicorn ignores the header."""

    def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        if ("Connection", "close") in headers:
            start_response.__self__.force_close()
        return start_response(status, headers, exc_info)

    return start


def _is_ours(error: Exception) -> bool:
    """Whether the gateway itself wrote what gunicorn objects to."""
    return isinstance(error, (errors.InvalidResponseHeader, errors.InvalidResponseHeaderName))


def _refuse(connection: socket.socket, status: HTTPStatus, detail: str) -> None:
    """Send a problem document to whoever can be reached, without waiting."""
    request_id = uuid.uuid4().hex
    problem = Problem(
        type=TYPE_PREFIX + status.phrase.lower().replace(" ", "-"),
        title=status.phrase.capitalize(),
        status=status,
        detail=detail,
        instance="",
        request_id=request_id,
    )
    body = problem.model_dump_json(exclude_none=True).encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nConnection: close\r\n"
        f"Content-Type: {PROBLEM_JSON}\r\nContent-Length: {len(body)}\r\n"
        f"X-Request-Id: {request_id}\r\n\r\n"
    )
    try:
        connection.send(head.encode() + body)
    except OSError:
        return  # the peer is gone: there is nobody to answer
