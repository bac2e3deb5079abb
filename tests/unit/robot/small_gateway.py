"""A gateway of a few lines on a real port, which fails on demand."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SESSION_ID = "0" * 32


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request.

    ``drops`` closes the connection instead of answering; ``acts`` does the work all the same.
    """

    status: int = 503
    headers: Mapping[str, str] = field(default_factory=dict)
    drops: bool = False
    acts: bool = False
    body: bytes = b'{"type":"urn:sorterbot:problem:x","detail":"not now"}'


@dataclass
class SmallGateway:
    """Takes pictures in, and notes every request."""

    faults: deque[Fault] = field(default_factory=deque)
    pictures: dict[str, bytes] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    sessions_by_key: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    is_complete: bool = False
    takes_any: bool = False
    plan_after: int = 0
    plan: dict[str, Any] = field(default_factory=lambda: {"commands": []})
    outcomes: list[Any] = field(default_factory=list)
    events: list[bytes] = field(default_factory=list)
    url: str = ""

    def act(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        parts = path.partition("?")[0].strip("/").split("/")
        if method == "PUT":
            return 200, json.loads(body) | {"arm_id": parts[-1]}
        if parts == ["sessions"]:
            key = self.headers[-1]["Idempotency-Key"]
            is_new = key not in self.sessions_by_key
            self.sessions_by_key.setdefault(key, f"{len(self.sessions_by_key):032x}")
            return (201 if is_new else 200), self.status(self.sessions_by_key[key])
        if "images" in parts:
            return self.take(parts[-1], body)
        if parts[-1] == "complete":
            self.is_complete = True
        if parts[-1] == "commands":
            self.plan_after -= 1
            return (202, self.status()) if self.plan_after >= 0 else (200, self.plan)
        if parts[-1] == "outcomes":
            self.outcomes += json.loads(body)["outcomes"]
            return 200, {"session_id": parts[1], **json.loads(body)}
        return 200, self.status(parts[1] if len(parts) > 1 else SESSION_ID)

    def take(self, position: str, data: bytes) -> tuple[int, dict[str, Any]]:
        if position in self.refused:
            return self.refused[position], {"type": "urn:sorterbot:problem:no", "detail": "never"}
        if self.pictures.setdefault(position, data) != data and not self.takes_any:
            return 409, {"type": "urn:sorterbot:problem:conflict", "detail": "other bytes"}
        index = list(self.pictures).index(position)
        sha256 = hashlib.sha256(data).hexdigest()
        return 202, {"image_id": f"image-{index}", "index": index, "sha256": sha256}

    def status(self, session_id: str = SESSION_ID) -> dict[str, Any]:
        progress = {"stage": "detecting", "n_images": len(self.pictures), "n_expected": None}
        return {
            "session_id": session_id,
            "state": "open",
            "progress": {**progress, "n_finished": 0, "n_failed": 0},
            "why": "it waits",
            "failed_images": [],
        }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one packet: else each answer waits for a delayed ACK
    disable_nagle_algorithm = True
    gateway: SmallGateway

    def do_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        gateway = self.gateway
        gateway.requests.append((self.command, self.path))
        gateway.headers.append(dict(self.headers))
        gateway.bodies.append(body)
        fault = gateway.faults.popleft() if gateway.faults else None
        if fault is None:
            self.answer_well(body)
            return
        if fault.acts:
            gateway.act(self.command, self.path, body)
        if fault.drops:
            self.close_connection = True
        else:
            self.write(fault.status, fault.body, fault.headers)

    do_GET = do_PUT = do_POST = do_any  # noqa: N815

    def answer_well(self, body: bytes) -> None:
        if self.path.endswith("/events"):
            self.stream_events()
            return
        status, document = self.gateway.act(self.command, self.path, body)
        kind = "application/json" if status < 400 else "application/problem+json"
        self.write(status, json.dumps(document).encode(), {"Content-Type": kind})

    def stream_events(self) -> None:
        if not self.gateway.events:
            self.write(204, b"", {})
            return
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(self.gateway.events.pop(0))

    def write(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep quiet."""


@contextmanager
def running_gateway() -> Iterator[SmallGateway]:
    gateway = SmallGateway()
    handler = type("GatewayHandler", (Handler,), {"gateway": gateway})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    gateway.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield gateway
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
