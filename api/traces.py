"""A span for each request of a session's robot."""

from __future__ import annotations

import time
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, request
from opentelemetry import context, trace
from opentelemetry.trace import SpanKind, StatusCode

from api.context import Services
from storage.observed import Note, observed
from workers.session_traces import BROUGHT, SessionTraces

OPENING = "/sessions"


def traced(services: Services, traces: SessionTraces) -> Services:
    """Return the services with every call of them told to the span at hand."""
    return replace(
        services,
        store=observed(services.store, _parts("store", traces)),
        images=observed(services.images, _parts("images", traces)),
        queue=observed(services.queue, _parts("queue", traces)),
    )


def _parts(of: str, traces: SessionTraces) -> Note:
    def note(name: str, took_s: float, _result: Any) -> None:
        traces.note_part(f"{of}.{name}", took_s)

    return note


def trace_requests(app: Flask, traces: SessionTraces) -> None:
    """Trace what robots ask about a session, once it is known who asks."""

    def begin() -> None:
        g.trace_began_ns = time.time_ns()
        session_id = (request.view_args or {}).get("session_id")
        if session_id is None or "arm_id" not in g:
            return
        about = {"http.request.method": request.method, "arm_id": g.arm_id}
        g.span = traces.start(_name(), session_id, SpanKind.SERVER, _brought(), about)
        g.span_token = context.attach(trace.set_span_in_context(g.span))

    def end(response: Response) -> Response:
        if "span" in g:
            context.detach(g.span_token)
            g.span.set_attribute("http.response.status_code", response.status_code)
            if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
                g.span.set_status(StatusCode.ERROR)
            g.span.end()
        elif _has_opened(response):
            session_id = (response.location or "").rpartition("/")[2]
            traces.note_opening(_name(), session_id, _brought(), g.trace_began_ns)
        return response

    app.before_request(begin)
    app.after_request(end)


def _name() -> str:
    return f"{request.method} {request.url_rule}"


def _brought() -> dict[str, str]:
    """Return what the robot says of a trace of its own."""
    brought = request.headers.get(BROUGHT)
    return {BROUGHT: brought} if brought else {}


def _has_opened(response: Response) -> bool:
    is_opening = request.method == "POST" and str(request.url_rule) == OPENING
    return is_opening and response.status_code == HTTPStatus.CREATED
