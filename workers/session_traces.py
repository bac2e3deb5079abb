"""One trace a session: its id is the session's, and its first span the robot's opening of it.

So every process finds the trace of the session at hand without being told: a chord's callback, the
sweeper's repeat, a gateway that a robot asks an hour later. Where a message does bring a span of
the same session, its publisher's, that is the parent; whatever else comes is linked, not followed.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import Attributes

BROUGHT = "traceparent"
"""The header of a request, and of a message, that says which span sent it."""

NS_PER_S = 1_000_000_000

_PROPAGATOR = TraceContextTextMapPropagator()


def trace_id_of(session_id: str) -> int:
    """Return the trace of a session; the session's id itself, where it is a UUID as ours are."""
    try:
        return UUID(hex=session_id).int
    except ValueError:
        return int.from_bytes(hashlib.sha256(session_id.encode()).digest()[:16])


def root_id_of(session_id: str) -> int:
    """Return the first span of a session's trace."""
    return int.from_bytes(hashlib.sha256(session_id.encode()).digest()[-8:])


class SessionTraces:
    """Makes the spans of one process.

    Args:
        service: The process's name, unless ``OTEL_SERVICE_NAME`` says another.
        processor: Takes the spans that have ended.
    """

    def __init__(self, service: str, processor: SpanProcessor) -> None:
        named = Resource.create({SERVICE_NAME: service})
        self._ids = _Ids()
        self._provider = TracerProvider(
            resource=named.merge(OTELResourceDetector().detect()), id_generator=self._ids
        )
        self._provider.sampler = _Evenly(self._provider.sampler)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("sorterbot")

    def start(
        self,
        name: str,
        session_id: str,
        kind: SpanKind,
        carrier: Mapping[str, str],
        attributes: Attributes = None,
    ) -> Span:
        """Begin a span of a session.

        Args:
            carrier: May hold a ``traceparent``: a parent where it is of the session, else a link.
        """
        context, links = self._parent(session_id, carrier)
        return self._tracer.start_span(
            name, context, kind, {"session_id": session_id, **(attributes or {})}, links
        )

    def note_opening(
        self, name: str, session_id: str, carrier: Mapping[str, str], began_ns: int
    ) -> None:
        """Tell, now that it has an id, of the request that opened a session: the first span."""
        _, links = self._parent(session_id, carrier)
        chosen = self._ids.choose(trace_id_of(session_id), root_id_of(session_id))
        try:
            span = self._tracer.start_span(
                name, Context(), SpanKind.SERVER, {"session_id": session_id}, links, began_ns
            )
        finally:
            self._ids.forget(chosen)
        span.end()

    def note_part(self, name: str, took_s: float, attributes: Attributes = None) -> None:
        """Tell of what just ended within the span at hand; without one, of nothing."""
        if trace.get_current_span().is_recording():
            ended_ns = time.time_ns()
            began_ns = ended_ns - int(took_s * NS_PER_S)
            span = self._tracer.start_span(name, attributes=attributes, start_time=began_ns)
            span.end(ended_ns)

    def close(self) -> None:
        """Send what has ended, and make no further span."""
        self._provider.shutdown()

    def _parent(
        self, session_id: str, carrier: Mapping[str, str]
    ) -> tuple[Context, Sequence[Link]]:
        brought = trace.get_current_span(_PROPAGATOR.extract(carrier)).get_span_context()
        trace_id = trace_id_of(session_id)
        if brought.trace_id == trace_id:
            return _within(brought), ()
        decision = self._provider.sampler.should_sample(None, trace_id, "session").decision
        is_sampled = decision is Decision.RECORD_AND_SAMPLE
        flags = TraceFlags(TraceFlags.SAMPLED if is_sampled else TraceFlags.DEFAULT)
        root = SpanContext(trace_id, root_id_of(session_id), is_remote=True, trace_flags=flags)
        return _within(root), (Link(brought),) if brought.is_valid else ()


def write_parent(headers: dict[str, Any]) -> None:
    """Write the span at hand, if there is one, into a message's headers."""
    _PROPAGATOR.inject(headers)


def _within(parent: SpanContext) -> Context:
    return trace.set_span_in_context(trace.NonRecordingSpan(parent), Context())


class _Ids(RandomIdGenerator):
    """Chance, save where the ids of the next span are chosen."""

    def __init__(self) -> None:
        self._chosen: ContextVar[tuple[int, int] | None] = ContextVar("chosen", default=None)

    def choose(self, trace_id: int, span_id: int) -> Any:
        """Choose the ids of what this thread starts, until :meth:`forget` gets what is returned."""
        return self._chosen.set((trace_id, span_id))

    def forget(self, chosen: Any) -> None:
        self._chosen.reset(chosen)

    def generate_trace_id(self) -> int:
        chosen = self._chosen.get()
        return chosen[0] if chosen else super().generate_trace_id()

    def generate_span_id(self) -> int:
        chosen = self._chosen.get()
        return chosen[1] if chosen else super().generate_span_id()


class _Evenly(Sampler):
    """Samples by the trace id's hash: a UUID's own bits, some of them fixed, are no fair dice."""

    def __init__(self, sampler: Sampler) -> None:
        self._sampler = sampler

    def should_sample(
        self, parent_context: Context | None, trace_id: int, *args: Any, **named: Any
    ) -> SamplingResult:
        fair = int.from_bytes(hashlib.sha256(trace_id.to_bytes(16)).digest()[:16])
        return self._sampler.should_sample(parent_context, fair, *args, **named)

    def get_description(self) -> str:
        return f"Evenly({self._sampler.get_description()})"
