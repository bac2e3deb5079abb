from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.unit.api.gateway import FakeGateway

pytest.importorskip("opentelemetry.sdk", reason="the extra 'tracing' is not installed")

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import (
    InMemorySpanExporter,
)
from opentelemetry.trace import StatusCode

from api.traces import trace_requests
from workers.session_traces import SessionTraces, root_id_of, trace_id_of

POST_IMAGE = "POST /sessions/<session_id>/images/<position_pw>"


@dataclass
class TracedGateway:
    gateway: FakeGateway
    kept: InMemorySpanExporter

    def spans(self) -> list[ReadableSpan]:
        """Return what has ended since this was last asked."""
        spans = list(self.kept.get_finished_spans())
        self.kept.clear()
        return spans


@pytest.fixture
def traced() -> TracedGateway:
    gateway, kept = FakeGateway(), InMemorySpanExporter()
    trace_requests(gateway.app, SessionTraces("test", SimpleSpanProcessor(kept)))
    return TracedGateway(gateway, kept)


def test_a_session_begins_its_trace_once_however_often_it_is_opened(traced: TracedGateway) -> None:
    again = {"headers": {"Idempotency-Key": "table-7"}, "json": {"arm_id": "arm-1"}}
    opened = traced.gateway.post("/sessions", **again)
    (span,) = traced.spans()
    session_id = opened.get_json()["session_id"]
    assert span.context is not None
    assert span.context.trace_id == trace_id_of(session_id)
    assert span.context.span_id == root_id_of(session_id)
    assert traced.gateway.post("/sessions", **again).status_code == 200
    assert traced.spans() == []


def test_every_request_of_a_session_is_a_span_of_its_trace(traced: TracedGateway) -> None:
    session_id = traced.gateway.open_session()
    traced.spans()
    traced.gateway.post_image(session_id)
    traced.gateway.post_image(session_id, 9999)
    traced.gateway.get(f"/sessions/{session_id}/commands")
    spans = traced.spans()
    assert [span.name for span in spans] == [
        POST_IMAGE,
        POST_IMAGE,
        "GET /sessions/<session_id>/commands",
    ]
    statuses = [dict(span.attributes or {})["http.response.status_code"] for span in spans]
    assert statuses == [202, 422, 202]
    for span in spans:
        assert span.parent is not None
        assert span.parent.span_id == root_id_of(session_id)
        assert span.status.status_code is StatusCode.UNSET


def test_what_the_gateway_cannot_do_is_an_error_of_the_span(traced: TracedGateway) -> None:
    session_id = traced.gateway.open_session()
    traced.spans()
    traced.gateway.images.is_down = True
    assert traced.gateway.post_image(session_id).status_code == 503
    (span,) = traced.spans()
    assert span.status.status_code is StatusCode.ERROR


def test_strangers_and_probes_leave_no_span(traced: TracedGateway) -> None:
    session_id = traced.gateway.open_session()
    traced.spans()
    client = traced.gateway.client
    assert client.get(f"/sessions/{session_id}").status_code == 401
    assert client.get("/healthz").status_code == client.get("/metrics").status_code == 200
    assert traced.gateway.put("/arms/arm-1", json={}).status_code < 500
    assert traced.spans() == []
