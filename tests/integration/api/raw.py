"""HTTP as nobody's library would write it."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from typing import Any

from tests.integration.api.running import RunningGateway

MAX_ANSWER_BYTES = 100_000


@dataclass(frozen=True)
class RawAnswer:
    status: int
    content_type: str
    body: bytes

    @property
    def problem(self) -> dict[str, Any]:
        """The problem document that a refusal is."""
        assert self.content_type == "application/problem+json", self
        problem: dict[str, Any] = json.loads(self.body)
        assert problem["status"] == self.status
        assert problem["type"].startswith("urn:sorterbot:problem:")
        assert problem["title"]
        assert problem["detail"]
        assert problem["request_id"]
        return problem


def post_head(gateway: RunningGateway, session_id: str, *headers: str) -> bytes:
    """Return the head of a picture's request that asks for the connection to be closed after it."""
    lines = [
        f"POST /sessions/{session_id}/images/1500 HTTP/1.1",
        "Host: gateway",
        f"Authorization: Bearer {gateway.key}",
        "Connection: close",
        *headers,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def exchange(gateway: RunningGateway, sent: bytes, *, is_all: bool = False) -> list[RawAnswer]:
    """Send these bytes, and return the answers that come until the gateway closes.

    Args:
        gateway: To whom.
        sent: What.
        is_all: Say at once that nothing more will come, as a sender does who breaks off.
    """
    with gateway.connect() as connection:
        connection.sendall(sent)
        if is_all:
            connection.shutdown(socket.SHUT_WR)
        return answers_of(read_all(connection))


def read_all(connection: socket.socket) -> bytes:
    """Return what comes until the gateway closes."""
    received = b""
    while piece := connection.recv(65_536):
        received += piece
        assert len(received) < MAX_ANSWER_BYTES
    return received


def answers_of(received: bytes) -> list[RawAnswer]:
    """Take answers apart that stand one behind the other."""
    answers = []
    while received:
        head, end, rest = received.partition(b"\r\n\r\n")
        assert end, received[:200]
        lines = head.decode("latin-1").split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in lines[1:])
        n_bytes = int(fields.get("content-length", 0))
        status = int(lines[0].split()[1])
        answers.append(RawAnswer(status, fields.get("content-type", ""), rest[:n_bytes]))
        received = rest[n_bytes:]
    return answers
