"""Errors become HTTP here, in one table: problem documents as RFC 9457 describes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.exceptions import HTTPException

from api.context import request_id
from api.errors import (
    BodiesFullError,
    DamagedPictureError,
    ForbiddenError,
    NotAPictureError,
    OutOfRangeError,
    QueueFullError,
    SessionFailedError,
    StreamsFullError,
    TooManyPixelsError,
    TooManyRequestsError,
    UnauthenticatedError,
)
from sorter.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    StorageFullError,
    TransientError,
)

PROBLEM_JSON = "application/problem+json"
TYPE_PREFIX = "urn:sorterbot:problem:"
RETRY_TRANSIENT_S = 2

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Kind:
    """One sort of problem. ``detail`` replaces the error's own words where those stay inside."""

    status: int
    slug: str
    title: str
    detail: str | None = None


KINDS: Mapping[type[Exception], Kind] = {
    UnauthenticatedError: Kind(401, "unauthenticated", "No valid key"),
    ForbiddenError: Kind(403, "forbidden", "Not this key's arm"),
    NotFoundError: Kind(404, "not-found", "Not found"),
    SessionFailedError: Kind(409, "session-failed", "Session failed"),
    ConflictError: Kind(409, "conflict", "Contradicts what is stored"),
    NotAPictureError: Kind(415, "not-a-picture", "Not a JPEG or PNG picture"),
    DamagedPictureError: Kind(422, "damaged-picture", "Truncated or damaged picture"),
    TooManyPixelsError: Kind(422, "too-many-pixels", "Too many pixels"),
    OutOfRangeError: Kind(422, "out-of-range", "Out of the arm's range"),
    InvalidInputError: Kind(422, "invalid-input", "Invalid input"),
    ValidationError: Kind(422, "invalid-input", "Invalid input"),
    TooManyRequestsError: Kind(429, "too-many-requests", "Too many requests of one arm"),
    StreamsFullError: Kind(503, "streams-full", "Too many event streams"),
    BodiesFullError: Kind(503, "bodies-full", "Too many requests of one arm at once"),
    QueueFullError: Kind(503, "queue-full", "Too many pictures wait"),
    StorageFullError: Kind(507, "storage-full", "No room left", "The picture could not be kept."),
    TransientError: Kind(
        503, "unavailable", "Unavailable", "A service behind the gateway did not answer; try again."
    ),
    Exception: Kind(
        500, "internal-error", "Internal error", "The gateway made a mistake; quote request_id."
    ),
}
"""The table. A class that is not in it takes the line of its nearest base."""


class FieldProblem(BaseModel):
    """One thing that is wrong with a request."""

    where: str = Field(json_schema_extra={"example": "body.deadline_s"})
    message: str


class Problem(BaseModel):
    """What went wrong, as RFC 9457 writes it down."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(json_schema_extra={"example": "urn:sorterbot:problem:not-found"})
    title: str = Field(json_schema_extra={"example": "Not found"})
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="One sentence about this very case.")
    instance: str = Field(description="The path that was asked for.")
    request_id: str = Field(description="Also in the X-Request-Id header, and in the logs.")
    errors: list[FieldProblem] | None = Field(
        default=None, description="Present where several things may be wrong at once."
    )


def kind_of(error: Exception) -> Kind:
    """Return the line of the table for an error."""
    return next(KINDS[cls] for cls in type(error).__mro__ if cls in KINDS)


def problem_response(
    kind: Kind,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    extensions: Mapping[str, Any] | None = None,
) -> Response:
    """Write a problem document."""
    problem = Problem(
        type=TYPE_PREFIX + kind.slug,
        title=kind.title,
        status=kind.status,
        detail=detail,
        instance=request.path,
        request_id=request_id(),
        **(extensions or {}),
    )
    body = problem.model_dump_json(exclude_none=True)
    return Response(body, kind.status, dict(headers or {}), content_type=PROBLEM_JSON)


def register_problems(app: Flask) -> None:
    """Let every error that a request ends in become a problem document."""
    app.register_error_handler(HTTPException, _answer_http_exception)
    app.register_error_handler(Exception, _answer_error)


def answer_invalid_request(error: ValidationError) -> Response:
    """Say what is wrong with a request, thing by thing, without repeating its values."""
    errors = [
        FieldProblem(where=".".join(map(str, e["loc"])) or "body", message=e["msg"])
        for e in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    detail = "; ".join(f"{e.where}: {e.message}" for e in errors[:3])
    return problem_response(kind_of(error), detail, extensions={"errors": errors})


def _answer_error(error: Exception) -> Response:
    kind = kind_of(error)
    if kind.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        log.exception("request_failed")
    elif isinstance(error, TransientError):
        log.warning("request_refused", problem=kind.slug, reason=str(error))
    return problem_response(kind, kind.detail or str(error), headers=_headers_for(error, kind))


def _headers_for(error: Exception, kind: Kind) -> dict[str, str]:
    if isinstance(error, QueueFullError | TooManyRequestsError):
        return {"Retry-After": str(error.retry_after_s)}
    if kind.status == HTTPStatus.SERVICE_UNAVAILABLE:
        return {"Retry-After": str(RETRY_TRANSIENT_S)}
    if kind.status == HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": 'Bearer realm="sorterbot"'}
    return {}


def _answer_http_exception(error: HTTPException) -> Response | HTTPException:
    """Translate what Flask and Werkzeug raise: unknown paths, wrong methods, large bodies."""
    if error.response is not None or error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return error
    title = HTTPStatus(error.code).phrase.capitalize()
    kind = Kind(error.code, title.lower().replace(" ", "-"), title)
    headers = {k: v for k, v in error.get_headers() if k.lower() not in _OWN_HEADERS}
    return problem_response(kind, error.description or title, headers=headers)


_OWN_HEADERS = {"content-type", "content-length"}
