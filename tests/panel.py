"""A control panel that parses what it is sent as the original's does, and throttles as it does.

Source: docs/interfaces/sorterbot.md, the control panel; the throttle is that of Django REST
framework: a list of the times of the last second's requests.
"""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs

PER_S = 10
SHOWN = ("asctime", "created", "name", "levelname", "msg", "pathname", "lineno")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the panel's log."""

    log_type: str
    bm_id: float
    text: str
    level: str


@dataclass
class FakePanel:
    """A panel on a port of its own, which stays its own while it is away.

    Attributes:
        sessions: The names that it has given out; it fails at any other.
        lines: What it keeps, for each session in the order in which it came.
        finished: The sessions that it shows as finished.
        n_throttled: Requests that were too many.
    """

    sessions: set[str]
    port: int = 0
    lines: dict[str, list[Line]] = field(default_factory=lambda: defaultdict(list))
    finished: set[str] = field(default_factory=set)
    n_throttled: int = 0
    n_failed: int = 0
    raw: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    _times: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _server: ThreadingHTTPServer | None = None

    @property
    def host(self) -> str:
        """As ``CONTROL_PANEL_HOST`` names it."""
        return f"127.0.0.1:{self.port}"

    @property
    def n_lines(self) -> int:
        return sum(len(lines) for lines in self.lines.values())

    def come(self) -> None:
        """Answer from now on."""
        panel = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, headers = panel.answer(self.path, dict(self.headers), body)
                self.send_response(status)
                for name, value in {"Content-Length": "0", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.05,)).start()

    def go(self) -> None:
        """Answer nothing any more, as a panel that is not there."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def answer(
        self, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[HTTPStatus, dict[str, str]]:
        with self._lock:
            self.raw.append((path, headers, body))
            now_s = time.monotonic()
            self._times = [then for then in self._times if then > now_s - 1]
            if len(self._times) >= PER_S:
                self.n_throttled += 1
                return HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": "1"}
            self._times.append(now_s)
            try:
                status = self._keep(body.decode())
            except (KeyError, ValueError):  # Django's page for an unhandled exception
                self.n_failed += 1
                status = HTTPStatus.INTERNAL_SERVER_ERROR
            return status, {}

    def _keep(self, form: str) -> HTTPStatus:
        fields = {name: values[-1] for name, values in parse_qs(form, True).items()}
        about: dict[str, Any] = json.loads(fields["args"].replace("'", '"'))
        name = f"S{int(about['session_id'][1:])}"
        if (about["arm_id"], name) not in {("arm-1", known) for known in self.sessions}:
            raise KeyError(name)
        if about.get("session_finished"):
            self.finished.add(name)
            return HTTPStatus.OK
        shown = {key: fields[key] for key in SHOWN}
        assert shown["name"] == "SORTERBOT_CLOUD"
        float(shown["created"])
        line = Line(
            str(about["log_type"]), float(about.get("bm_id", 0)), shown["msg"], shown["levelname"]
        )
        self.lines[name].append(line)
        return HTTPStatus.OK

    def __enter__(self) -> Self:
        self.come()
        return self

    def __exit__(self, *_: object) -> None:
        self.go()
