"""Whether traces are wanted, without loading anything where they are not.

They are where OpenTelemetry's own variables name an endpoint; docs/adr/0025 says what is traced.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from workers.session_traces import SessionTraces

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")

_log = structlog.get_logger(__name__)


def are_traces_wanted(variables: Mapping[str, str]) -> bool:
    """Whether there is an endpoint, and nobody has switched traces off."""
    is_off = (
        variables.get("OTEL_SDK_DISABLED", "").lower() == "true"
        or variables.get("OTEL_TRACES_EXPORTER", "otlp") == "none"
    )
    return not is_off and any(variables.get(name) for name in ENDPOINTS)


def start_traces(service: str) -> SessionTraces | None:
    """Begin to send traces from this process, by OTLP over HTTP, as the variables say.

    Args:
        service: The process's name in a trace, unless ``OTEL_SERVICE_NAME`` says another.

    Returns:
        ``None``, with a line in the log, where OpenTelemetry's SDK is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        from workers.session_traces import SessionTraces
    except ImportError:
        _log.warning("nothing is traced: the extra 'tracing' is not installed")
        return None
    return SessionTraces(service, BatchSpanProcessor(OTLPSpanExporter()))
