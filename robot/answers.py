"""What the gateway's answers mean: values, or one of two errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from robot.errors import GatewayAwayError, GatewayRefusedError

Document = Mapping[str, Any]
"""A JSON object."""

LATER_STATUSES = frozenset({408, 425, 429})
"""Below 500, and still no refusal: too slow, too early, too many. Source: RFC 9110, RFC 6585."""


@dataclass(frozen=True, slots=True)
class SessionStatus:
    """How far a session is. ``why`` tells why it is not done; ``None`` where it is."""

    session_id: str
    state: str
    stage: str
    n_images: int
    n_expected: int | None
    n_finished: int
    n_failed: int
    why: str | None
    failed_images: tuple[Document, ...]

    @classmethod
    def from_document(cls, document: Document) -> SessionStatus:
        """Read a session as the gateway describes it."""
        progress = document["progress"]
        return cls(
            session_id=str(document["session_id"]),
            state=str(document["state"]),
            stage=str(progress["stage"]),
            n_images=int(progress["n_images"]),
            n_expected=progress["n_expected"],
            n_finished=int(progress["n_finished"]),
            n_failed=int(progress["n_failed"]),
            why=document["why"],
            failed_images=tuple(document["failed_images"]),
        )


@dataclass(frozen=True, slots=True)
class AcceptedImage:
    """A picture that the gateway has kept."""

    image_id: str
    index: int
    sha256: str

    @classmethod
    def from_document(cls, document: Document) -> AcceptedImage:
        """Read the gateway's receipt for a picture."""
        return cls(str(document["image_id"]), int(document["index"]), str(document["sha256"]))


def check_answer(response: httpx.Response) -> None:
    """Object to an answer that is no success.

    Raises:
        GatewayAwayError: 5xx, or a status that means "later".
        GatewayRefusedError: Anything else but 2xx.
    """
    if response.is_success:
        return
    status = response.status_code
    problem = _problem_of(response)
    detail = str(problem.get("detail") or response.reason_phrase or "no reason given")
    if response.is_server_error or status in LATER_STATUSES:
        raise GatewayAwayError(f"the gateway answered {status}: {detail}", asked_pause_s(response))
    raise GatewayRefusedError(status, str(problem.get("type", "")), detail)


def _problem_of(response: httpx.Response) -> Document:
    """Return the problem document; empty where something in between answered otherwise."""
    try:
        problem = response.json()
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}


def asked_pause_s(response: httpx.Response) -> float:
    """Return how long the answer asks to wait; 0 where it does not, or says it illegibly.

    A date is counted from the answer's own ``Date``: the robot's clock may be wrong.

    Source: RFC 9110, 10.2.3.
    """
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    at, now = _date(text), _date(response.headers.get("Date", ""))
    if at is None or now is None:
        return 0.0
    return max(0.0, (at - now).total_seconds())


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    return date if date.tzinfo is not None else None


def document_of(response: httpx.Response) -> dict[str, Any]:
    """Return a success's JSON object.

    Raises:
        GatewayAwayError: It is none: something between robot and gateway answered.
    """
    try:
        document = response.json()
    except ValueError as error:
        raise GatewayAwayError("the answer is not JSON, so not the gateway's") from error
    if not isinstance(document, dict):
        raise GatewayAwayError("the answer is not an object, so not the gateway's")
    return document
