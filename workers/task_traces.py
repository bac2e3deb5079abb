"""A span for each task of a session, and within it one for each call that takes time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from celery import signals
from opentelemetry import context, trace
from opentelemetry.trace import SpanKind, StatusCode

from storage.observed import Note, observed
from workers.services import Detected, LoadedOnce, Services
from workers.session_traces import BROUGHT, SessionTraces
from workers.settings import DETECT_IMAGE, SWEEP


def traced(services: Services, traces: SessionTraces) -> Services:
    """Return the services with every call of them told to the span at hand."""
    return replace(
        services,
        store=observed(services.store, _parts("store", traces)),
        images=observed(services.images, _parts("images", traces)),
        detector=LoadedOnce(lambda: observed(services.detector.get(), _parts("detector", traces))),
        embedder=LoadedOnce(lambda: observed(services.embedder.get(), _parts("embedder", traces))),
    )


def _parts(of: str, traces: SessionTraces) -> Note:
    def note(name: str, took_s: float, result: Any) -> None:
        traces.note_part(f"{of}.{name}", took_s, _attributes(result))

    return note


def _attributes(result: Any) -> dict[str, float] | None:
    """Return what the network says of the call that answered a picture."""
    if not isinstance(result, Detected):
        return None
    return {
        "batch_wait_s": result.wait_s,
        "forward_s": result.forward_s,
        "batch_images": result.n_together,
    }


def connect_task_traces(traces: SessionTraces) -> None:
    """Trace the tasks that this process runs; sweeps are of no session, and left out."""

    def on_start(*, task: Any, args: list[Any], **_: Any) -> None:
        if task.name == SWEEP or not args:
            return
        session_id = task.request.group or args[0]
        about = {"image_id": args[0]} if task.name == DETECT_IMAGE else {}
        carrier = {BROUGHT: brought} if (brought := task.request.get(BROUGHT)) else {}
        span = traces.start(task.name, session_id, SpanKind.CONSUMER, carrier, about)
        task.request.span = span
        task.request.span_token = context.attach(trace.set_span_in_context(span))

    def on_end(*, task: Any, state: str, **_: Any) -> None:
        span = getattr(task.request, "span", None)
        if span is None:
            return
        context.detach(task.request.span_token)
        span.set_attribute("state", state)
        if state == "FAILURE":
            span.set_status(StatusCode.ERROR)
        span.end()

    signals.task_prerun.connect(on_start, weak=False)
    signals.task_postrun.connect(on_end, weak=False)
