from __future__ import annotations

import sys
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.traces import are_traces_wanted, start_traces

sdk = pytest.importorskip("opentelemetry.sdk", reason="the extra 'tracing' is not installed")

from opentelemetry import trace  # noqa: E402
from opentelemetry.sdk.trace import ReadableSpan  # noqa: E402
from opentelemetry.sdk.trace.export import SimpleSpanProcessor  # noqa: E402
from opentelemetry.sdk.trace.export.in_memory_span_exporter import (  # noqa: E402
    InMemorySpanExporter,
)
from opentelemetry.trace import SpanKind  # noqa: E402

from workers.session_traces import (  # noqa: E402
    SessionTraces,
    root_id_of,
    trace_id_of,
    write_parent,
)

SESSION_ID = uuid.UUID(int=0x6D0F0C5F7A5D4C0F8A52F6A1B4A0C7E3, version=4).hex
ELSEWHERE = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}


class Traced:
    """The spans of one process, kept."""

    def __init__(self) -> None:
        self._kept = InMemorySpanExporter()
        self.traces = SessionTraces("test", SimpleSpanProcessor(self._kept))

    def spans(self) -> list[ReadableSpan]:
        return list(self._kept.get_finished_spans())


def ids(span: ReadableSpan) -> tuple[int, int, int | None]:
    """Return a span's trace, itself and its parent."""
    assert span.context is not None
    parent = None if span.parent is None else span.parent.span_id
    return span.context.trace_id, span.context.span_id, parent


def test_a_sessions_trace_has_its_id_and_begins_with_its_opening() -> None:
    traced = Traced()
    traced.traces.note_opening("POST /sessions", SESSION_ID, {}, began_ns=1_000)
    traced.traces.start("sort", SESSION_ID, SpanKind.CONSUMER, {}).end()
    opening, sort = traced.spans()
    assert ids(opening) == (int(SESSION_ID, 16), root_id_of(SESSION_ID), None)
    assert opening.start_time == 1_000
    trace_id, span_id, parent_id = ids(sort)
    assert (trace_id, parent_id) == (int(SESSION_ID, 16), root_id_of(SESSION_ID))
    assert span_id != parent_id


def test_what_another_process_sends_to_is_found_by_the_message() -> None:
    traced = Traced()
    request = traced.traces.start("POST", SESSION_ID, SpanKind.SERVER, {})
    headers: dict[str, str] = {}
    with trace.use_span(request, end_on_exit=True):
        write_parent(headers)
    other = Traced()
    other.traces.start("detect", SESSION_ID, SpanKind.CONSUMER, headers).end()
    (sent,), (received,) = traced.spans(), other.spans()
    assert ids(received)[2] == ids(sent)[1]
    assert not received.links


@pytest.mark.parametrize("carrier", [{}, {"traceparent": "nonsense"}])
def test_a_message_that_names_no_span_belongs_to_the_opening(carrier: dict[str, str]) -> None:
    traced = Traced()
    traced.traces.start("detect", SESSION_ID, SpanKind.CONSUMER, carrier).end()
    (span,) = traced.spans()
    assert ids(span)[2] == root_id_of(SESSION_ID)
    assert not span.links


def test_a_span_of_another_trace_is_linked_and_not_followed() -> None:
    traced = Traced()
    traced.traces.start("POST", SESSION_ID, SpanKind.SERVER, ELSEWHERE).end()
    traced.traces.note_opening("POST /sessions", SESSION_ID, ELSEWHERE, 1)
    for span in traced.spans():
        assert ids(span)[0] == int(SESSION_ID, 16)
        assert [link.context.span_id for link in span.links] == [0xB7AD6B7169203331]


def test_outside_of_a_span_no_part_is_told_and_no_parent_written() -> None:
    traced = Traced()
    traced.traces.note_part("store.beat", 0.5)
    headers: dict[str, str] = {}
    write_parent(headers)
    assert (traced.spans(), headers) == ([], {})


def test_a_part_lies_within_the_span_at_hand_and_lasts_as_long_as_it_took() -> None:
    traced = Traced()
    whole = traced.traces.start("detect", SESSION_ID, SpanKind.CONSUMER, {})
    with trace.use_span(whole, end_on_exit=True):
        traced.traces.note_part("store.claim_image", 0.25, {"n": 1})
    part, around = traced.spans()
    assert ids(part)[2] == ids(around)[1]
    assert part.start_time is not None
    assert part.end_time is not None
    assert part.end_time - part.start_time == 250_000_000


def test_after_an_opening_ids_are_by_chance_again() -> None:
    traced = Traced()
    traced.traces.note_opening("POST /sessions", SESSION_ID, {}, 1)
    for _ in range(2):
        traced.traces.start("GET", SESSION_ID, SpanKind.SERVER, {}).end()
    assert len({ids(span)[1] for span in traced.spans()}) == 3


@given(st.text(max_size=40))
def test_any_name_of_a_session_makes_a_valid_trace(session_id: str) -> None:
    assert 0 <= trace_id_of(session_id) < 2**128
    assert 0 <= root_id_of(session_id) < 2**64


def test_all_spans_of_a_session_are_sampled_alike_and_of_all_sessions_the_share_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0.25")
    gateway, worker = Traced(), Traced()
    numbers = range(400)
    sessions = [
        uuid.UUID(int=uuid.uuid5(uuid.NAMESPACE_OID, str(n)).int, version=4) for n in numbers
    ]
    for session in sessions:
        gateway.traces.note_opening("POST /sessions", session.hex, {}, 1)
        worker.traces.start("sort", session.hex, SpanKind.CONSUMER, {}).end()
    opened = {ids(span)[0] for span in gateway.spans()}
    assert opened == {ids(span)[0] for span in worker.spans()}
    assert 60 <= len(opened) <= 140  # 100 expected; a UUID's fixed bits alone would make it 0


@pytest.mark.parametrize(
    ("variables", "are_wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_traces_are_sent_only_where_somebody_receives_them(
    variables: dict[str, str], are_wanted: bool
) -> None:
    assert are_traces_wanted(variables) is are_wanted


def test_without_the_sdk_nothing_is_traced_and_nothing_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace.export", None)
    assert start_traces("test") is None
