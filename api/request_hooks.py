"""What happens around every request: its id, its caller, its limits, its log line, its count."""

from __future__ import annotations

import re
from http import HTTPStatus

import structlog
from flask import Flask, Response, g, request

from api.connection import close_unless_read, limit_stalls
from api.context import using

REQUEST_ID_HEADER = "X-Request-Id"
REQUEST_ID_PATTERN = re.compile(r"[A-Za-z0-9._-]{1,64}")

OPEN_PATHS = ("/healthz", "/readyz", "/metrics", "/openapi.json", "/docs")
"""No key is asked for here; nothing of any session is shown here."""

CONSOLE = "console"
"""The blueprint that asks for operators' keys instead, see ``api.console.guard``."""

QUIET_PATHS = ("/healthz", "/readyz", "/metrics")
"""Asked every few seconds by machines; logged only when they fail."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"})
"""Counted by name; whatever else somebody invents is counted as one."""

log = structlog.get_logger(__name__)


def register_hooks(app: Flask) -> None:
    """Put these hooks around every request, in this order."""
    app.before_request(_begin)
    app.before_request(_authenticate)
    app.after_request(_end)
    app.teardown_request(_forget)


def _begin() -> None:
    limit_stalls(request.environ)
    sent = request.headers.get(REQUEST_ID_HEADER, "")
    g.request_id = sent if REQUEST_ID_PATTERN.fullmatch(sent) else using().services.make_id()
    g.began_at_s = using().services.monotonic_s()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _authenticate() -> None:
    """Learn whose key the request carries, and count it for that arm.

    Unknown paths go on, to be answered with 404.
    """
    if request.url_rule is None or request.blueprint == CONSOLE or is_open(request.path):
        return
    g.arm_id = using().keys.arm_id_of(request.headers.get("Authorization"))
    structlog.contextvars.bind_contextvars(arm_id=g.arm_id)
    using().rates.check(g.arm_id)


def is_open(path: str) -> bool:
    """Whether a path is served without a key."""
    return path in OPEN_PATHS or path.startswith("/docs/")


def _end(response: Response) -> Response:
    route = request.url_rule.rule if request.url_rule else "unknown"
    seconds = using().services.monotonic_s() - g.began_at_s
    metrics = using().metrics
    method = request.method if request.method in METHODS else "other"
    metrics.requests.labels(method, route, str(response.status_code)).inc()
    metrics.request_seconds.labels(route).observe(seconds)
    if request.path not in QUIET_PATHS or response.status_code >= HTTPStatus.BAD_REQUEST:
        log.info(
            "request",
            method=request.method,
            path=request.path,
            status=response.status_code,
            duration_ms=round(seconds * 1000, 1),
        )
    close_unless_read(request, response)
    response.headers[REQUEST_ID_HEADER] = g.request_id
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _forget(_error: BaseException | None) -> None:
    structlog.contextvars.clear_contextvars()
