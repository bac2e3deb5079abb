"""The other end for robots whose control panel is gone: sessions, log records, check-ins.

Source: docs/interfaces/sorterbot.md, the control panel; the robot's own sources for what it sends.
"""

from __future__ import annotations

import ast
import json
import re
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, Protocol
from urllib.parse import parse_qs

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from api.context import Context
from api.robot_door.messages import CheckInSaid, Name, parse_panel_message
from api.robot_door.sessions import open_next_session, register_unless_known
from sorter.errors import InvalidInputError, SorterBotError, TransientError
from storage.texts import plain_reason

SESSIONS_PATH, LOG_PATH, CHECK_IN_PATH = "/api/sessions/", "/log/", "/rpi/"
MAX_BODY_BYTES = 65_536
_LENGTH = re.compile(r"[0-9]{1,9}", re.ASCII)
LOCAL = "Local Mode"
"""What the original's panel answers where it knows no other address than the robot does."""

log = structlog.get_logger(__name__)


class NewSession(BaseModel):
    """What a robot says when it begins; only whose session it is matters here."""

    model_config = ConfigDict(extra="ignore")

    arm: Name


class RecordArguments(BaseModel):
    """What a log record of a robot is about."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)

    arm_id: Name
    session_id: Name
    log_type: str | None = None
    bm_id: float | None = None
    session_finished: int | None = None


def answer_check_in(context: Context, message: str | bytes) -> str:
    """Answer what a robot says every few seconds: 1 where it is to start now, 0 where not.

    Nobody is told to start while the rows do not answer.

    Raises:
        SorterBotError: It says nothing that could be answered.
    """
    said = parse_panel_message(message)
    if not isinstance(said, CheckInSaid):
        return json.dumps(LOCAL)
    try:
        register_unless_known(context, said.arm_id)
        starts = context.services.store.check_in(said.arm_id, is_ready=said.cloud_conn_status)
    except TransientError as error:
        log.warning("check_in_not_noted", arm_id=said.arm_id, reason=str(error))
        starts = False
    if starts:
        log.info("robot_started", arm_id=said.arm_id)
    return json.dumps(int(starts))


def open_session(context: Context, body: bytes) -> str:
    """Open a session for a robot; return JSON that holds a text that holds JSON, as it expects.

    Raises:
        SorterBotError: The body names no arm, or no session can be opened now.
    """
    try:
        new = NewSession.model_validate_json(body)
    except ValidationError as error:
        raise InvalidInputError("the body is no JSON object that names an arm") from error
    name = open_next_session(context, new.arm, context.services.make_id())
    log.info("session_named", arm_id=new.arm, session=name)
    return json.dumps(json.dumps({"new_session_id": name}))


def note_record(body: bytes) -> None:
    """Write a robot's log record into the door's own log.

    Raises:
        InvalidInputError: It is none, as :class:`logging.handlers.HTTPHandler` sends it.
    """
    try:
        fields = parse_qs(body.decode("ascii"), max_num_fields=100)
        told = ast.literal_eval(fields["args"][0])
        about = RecordArguments.model_validate(told)
    except (ValueError, KeyError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise InvalidInputError("the body is no log record of a robot") from error
    said = plain_reason(fields.get("msg", [""])[0])
    log.info("robot_says", said=said, **about.model_dump(exclude_none=True))


class PanelServer(Protocol):
    """What a request is answered with."""

    context: Context

    def is_allowed_path(self, path: str) -> str | None:
        """Return the path behind the token; ``None`` where the token is not there."""
        ...


class PanelRequest(BaseHTTPRequestHandler):
    """One POST of a robot, and the end of its connection."""

    server: PanelServer  # type: ignore[assignment]  # the library's own is more than is needed
    timeout = 10
    server_version, sys_version = "sorterbot", ""

    def do_POST(self) -> None:
        """Answer one of the two calls that a panel has for robots."""
        path = self.server.is_allowed_path(self.path.partition("?")[0])
        try:
            if path == SESSIONS_PATH:
                self._answer(HTTPStatus.OK, open_session(self.server.context, self._read()))
            elif path == LOG_PATH:
                note_record(self._read())
                self._answer(HTTPStatus.OK, "")
            else:
                self._refuse(HTTPStatus.NOT_FOUND, "there is no such call")
        except TransientError as error:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, str(error))
        except SorterBotError as error:
            self._refuse(HTTPStatus.UNPROCESSABLE_ENTITY, str(error))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Write what the library has to say into the log."""
        log.debug("panel_request", said=format % args)

    def _read(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not _LENGTH.fullmatch(length) or int(length) > MAX_BODY_BYTES:
            raise InvalidInputError(f"a body has at most {MAX_BODY_BYTES} bytes, and says how many")
        return self.rfile.read(int(length))

    def _refuse(self, status: HTTPStatus, reason: str) -> None:
        log.warning("panel_refused", status=status.value, reason=reason)
        self._answer(status, json.dumps({"detail": reason}))

    def _answer(self, status: HTTPStatus, body: str) -> None:
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)
