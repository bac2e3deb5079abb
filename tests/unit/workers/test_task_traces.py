from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery, signals

pytest.importorskip("opentelemetry.sdk", reason="the extra 'tracing' is not installed")

from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import (
    InMemorySpanExporter,
)
from opentelemetry.trace import SpanKind, StatusCode, get_current_span, use_span

from tests.unit.workers.world import World
from workers.celery_app import make_celery
from workers.message_traces import connect_message_traces
from workers.session_traces import SessionTraces
from workers.settings import CLOSE_SESSION, DETECT_IMAGE, SORT_SESSION, SWEEP
from workers.task_traces import connect_task_traces, traced
from workers.tasks import register_tasks

SIGNALS = (signals.task_prerun, signals.task_postrun, signals.before_task_publish)


@pytest.fixture
def kept() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def traces(kept: InMemorySpanExporter) -> Iterator[SessionTraces]:
    """Traces that are connected for as long as the test runs."""
    before = [list(each.receivers or []) for each in SIGNALS]
    traces = SessionTraces("test", SimpleSpanProcessor(kept))
    connect_task_traces(traces)
    connect_message_traces()
    yield traces
    for each, receivers in zip(SIGNALS, before, strict=True):
        each.receivers = receivers
        each.sender_receivers_cache.clear()


@pytest.fixture
def app(traces: SessionTraces) -> Celery:
    app = make_celery("redis://nowhere/0", "redis://nowhere/1", is_gateway=False)
    services = traced(World().services, traces)
    register_tasks(app, lambda: services)
    return app


def test_sweeps_are_of_no_session_and_leave_no_span(
    app: Celery, kept: InMemorySpanExporter
) -> None:
    app.tasks[SWEEP].apply()
    assert not kept.get_finished_spans()


def test_a_sorts_calls_lie_within_its_span_and_end_with_it(
    app: Celery, kept: InMemorySpanExporter
) -> None:
    app.tasks[SORT_SESSION].apply(("no-such-session",))
    call, sort = kept.get_finished_spans()
    assert (call.name, sort.name) == ("store.claim_session", SORT_SESSION)
    assert call.parent is not None
    assert sort.context is not None
    assert call.parent.span_id == sort.context.span_id
    assert not get_current_span().is_recording()


def test_a_task_that_breaks_ends_its_span_as_an_error(
    traces: SessionTraces, kept: InMemorySpanExporter
) -> None:
    app = make_celery("redis://nowhere/0", "redis://nowhere/1", is_gateway=False)

    def broken(_session_id: str) -> None:
        raise ValueError("bug")

    app.task(broken, name="broken", shared=False).apply(("s1",))
    (span,) = kept.get_finished_spans()
    assert span.status.status_code is StatusCode.ERROR
    assert not get_current_span().is_recording()


@pytest.mark.parametrize(
    ("task", "is_told"), [(DETECT_IMAGE, True), (CLOSE_SESSION, True), (SORT_SESSION, False)]
)
def test_a_members_message_says_who_published_it_and_a_sorts_does_not(
    traces: SessionTraces, task: str, is_told: bool
) -> None:
    headers: dict[str, Any] = {}
    with use_span(traces.start("POST", "s1", SpanKind.SERVER, {}), end_on_exit=True):
        signals.before_task_publish.send(sender=task, headers=headers)
    assert ("traceparent" in headers) is is_told
