"""The original's robot, as far as a door can tell: written from the protocol's facts alone.

Source: docs/interfaces/sorterbot.md. As that robot does, it opens a connection for each picture
and each order, takes any text for success, and waits without a limit of its own; what a test
would wait for in vain ends with an error after :data:`PATIENCE_S`.
"""

from __future__ import annotations

import json
import socket
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import websocket

PATIENCE_S = 240.0
CONSTANTS: Mapping[str, Any] = {
    "arm_radius": 1500,
    "rotation_range_as_deg": 130,
    "rotation_range_as_pw": 1400,
    "dist_min_as_pw": 1100,
    "dist_max_as_pw": 2000,
    "cloud_host": "127.0.0.1",
    "cloud_port": 6000,
    "control_host": "127.0.0.1",
    "control_port": 8000,
}

Pairs = list[list[list[float]]]


@dataclass(frozen=True)
class Ending:
    """How the door ended a conversation: with a text, or by closing with a code and a reason."""

    text: str
    code: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class OriginalRobot:
    """One robot.

    Attributes:
        address: Host and port of the door, and whatever stands behind them.
    """

    address: str
    arm_id: str = "ARM001"
    constants: Mapping[str, Any] = field(default_factory=lambda: CONSTANTS)

    @contextmanager
    def connection(self, timeout_s: float = PATIENCE_S) -> Iterator[websocket.WebSocket]:
        """Open a connection, as websocket-client does by default."""
        connection = websocket.create_connection(f"ws://{self.address}", timeout=timeout_s)
        opened = cast("socket.socket", connection.sock)
        try:
            yield connection
            connection.close()
        finally:
            opened.close()  # the library leaves it to the collector where the door closed first

    def is_door_there(self) -> bool:
        """Check the connection, as at each heartbeat: within a second."""
        try:
            with self.connection(timeout_s=1) as connection:
                connection.ping()
        except (OSError, websocket.WebSocketException):
            return False
        return True

    def say(self, message: str | bytes) -> Ending:
        """Send one message over a connection of its own and return how it ended."""
        with self.connection() as connection:
            if isinstance(message, bytes):
                connection.send_binary(message)
            else:
                connection.send(message)
            return hear(connection)

    def send_picture(
        self, session: str, name: object, data: bytes, *, is_after: bool = False
    ) -> Ending:
        """Send one picture."""
        return self.say(picture_message(self.arm_id, session, f"{name}.jpg", data, is_after))

    def send_pictures(
        self, session: str, pictures: Mapping[float, bytes], *, is_after: bool = False
    ) -> bool:
        """Send all pictures at once, a connection each; return whether each was kept."""
        with ThreadPoolExecutor(len(pictures)) as pool:
            sent = [
                pool.submit(self.send_picture, session, f"{pw:g}", data, is_after=is_after)
                for pw, data in pictures.items()
            ]
            return all(one.result().text for one in sent)

    def ask_commands(self, session: str) -> Pairs:
        """Ask what to do."""
        ending = self.say(commands_message(self.arm_id, session, self.constants))
        pairs: Pairs = json.loads(ending.text)
        return pairs

    def end_after_pictures(self, session: str) -> None:
        """Say that all pictures after the commands were sent, and go."""
        order = {"command": "stitch_after_image", "arm_id": self.arm_id, "session_id": session}
        with self.connection() as connection:
            connection.send(json.dumps(order))

    def begin_session(self, names: str = "1000,1200,1400,1600,1800") -> str:
        """Let the control panel name a session."""
        body = {
            "arm": self.arm_id,
            "session_started": 1_600_000_000.5,
            "status": "In Progress",
            "log_filenames": names,
        }
        answer = self._post("/api/sessions/", json.dumps(body).encode(), "application/json")
        session: str = json.loads(json.loads(answer))["new_session_id"]
        return session

    def log(self, record: Mapping[str, object]) -> None:
        """Send a log record, as Python's HTTPHandler does."""
        body = urllib.parse.urlencode(record).encode()
        self._post("/log/", body, "application/x-www-form-urlencoded")

    def _post(self, path: str, body: bytes, kind: str) -> bytes:
        request = urllib.request.Request(
            f"http://{self.address}{path}", body, {"Content-Type": kind}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:  # noqa: S310
            said: bytes = answer.read()
            return said


def hear(connection: websocket.WebSocket) -> Ending:
    """Return the next text, or how the connection was closed."""
    while True:
        opcode, data = connection.recv_data()
        if opcode == websocket.ABNF.OPCODE_CLOSE:
            return Ending("", int.from_bytes(data[:2]), data[2:].decode())
        if opcode == websocket.ABNF.OPCODE_TEXT:
            return Ending(data.decode())


def picture_message(
    arm_id: object, session: object, image_name: object, data: bytes, is_after: bool = False
) -> bytes:
    """Return a picture's message."""
    header = {
        "command": "recv_img_after" if is_after else "recv_img_proc",
        "arm_id": arm_id,
        "session_id": session,
        "image_name": image_name,
    }
    return b"___SPLIT___".join([json.dumps(header).encode(), data])


def commands_message(arm_id: object, session: object, constants: Mapping[str, Any]) -> str:
    """Return the message that asks for commands."""
    return json.dumps(
        {
            "command": "get_commands_of_session",
            "session_id": session,
            "arm_constants": {"arm_id": arm_id, **constants},
        }
    )
