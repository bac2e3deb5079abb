"""Puts a gateway process together from its environment; gunicorn calls this once a process."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import structlog

from api.app import Gateway, create_app
from api.context import Services, Settings
from api.logs import configure_logs
from api.rates import Rate
from sorter.errors import InvalidInputError, SorterBotError, TransientError
from storage.bootstrap import make_image_store, make_store
from storage.crash_points import with_crash_points
from storage.original_settings import with_original_settings
from storage.records import FairShare
from storage.schema import check_schema
from workers.queue import CeleryQueue
from workers.traces import are_traces_wanted, start_traces

REFUSED = 4
"""gunicorn's exit status for an application that cannot be loaded: it gives up, and says so."""

MAX_LEAVE_S = 5.0
"""gunicorn ends a gateway eight seconds after SIGTERM; requests need some of them."""

log = structlog.get_logger(__name__)


def create_app_from_environment() -> Gateway:
    """Return the gateway that the environment describes, or end the process with one sentence."""
    configure_logs(os.environ.get("SORTERBOT_LOG_LEVEL", "INFO"))
    try:
        return create_app_from(with_original_settings(os.environ))
    except SorterBotError as error:
        sys.stderr.write(f"The gateway does not start: {error}\n")
        raise SystemExit(REFUSED) from error


def create_app_from(environment: Mapping[str, str]) -> Gateway:
    """Return the gateway that these variables describe.

    Raises:
        InvalidInputError: A variable is missing or makes no sense.
        SchemaError: The database's schema is not the one that this code needs.
        TransientError: The database does not answer.
    """
    settings = settings_from(environment)
    services = services_from(environment)
    app = _traced_app(services, settings, environment)
    _warm_up(app, services)
    return app


def services_from(environment: Mapping[str, str]) -> Services:
    """Return what a door of any kind works with.

    Raises:
        InvalidInputError: A variable is missing or makes no sense.
        SchemaError: The database's schema is not the one that this code needs.
        TransientError: The database does not answer.
    """
    database_url = _required(environment, "SORTERBOT_DATABASE_URL")
    check_schema(database_url)
    crash_folder = environment.get("SORTERBOT_CRASH_FOLDER")
    crashes_in = Path(crash_folder) if crash_folder else None
    images = make_image_store(_required(environment, "SORTERBOT_IMAGE_STORE"))
    return Services(
        store=with_crash_points(make_store(database_url), crashes_in),
        images=with_crash_points(images, crashes_in),
        queue=CeleryQueue(
            _required(environment, "SORTERBOT_BROKER_URL"),
            _required(environment, "SORTERBOT_RESULTS_URL"),
        ),
    )


def _traced_app(services: Services, settings: Settings, environment: Mapping[str, str]) -> Gateway:
    """Return the app, and let it and its services be traced where that is wanted."""
    traces = start_traces("sorterbot-gateway") if are_traces_wanted(environment) else None
    if traces is None:
        return create_app(services, settings)
    from api.traces import trace_requests, traced  # brings what only traces need
    from workers.message_traces import connect_message_traces

    app = create_app(traced(services, traces), settings)
    trace_requests(app, traces)
    connect_message_traces()
    return app


def settings_from(environment: Mapping[str, str]) -> Settings:
    """Read the limits, each with its default.

    Raises:
        InvalidInputError: One is not a number in its range.
    """
    standard = Settings()
    return Settings(
        max_image_bytes=_count(environment, "MAX_IMAGE_BYTES", standard.max_image_bytes),
        max_image_pixels=_count(environment, "MAX_IMAGE_PIXELS", standard.max_image_pixels),
        max_waiting_images=_count(environment, "MAX_WAITING_IMAGES", standard.max_waiting_images),
        leave_s=_seconds(environment, "LEAVE_S", standard.leave_s),
        share=FairShare(_count(environment, "ARM_SHARE", standard.share.per_worker)),
        rate=Rate(
            _count(environment, "ARM_REQUESTS_PER_S", int(standard.rate.per_s)),
            _count(environment, "ARM_REQUESTS_BURST", standard.rate.burst),
        ),
    )


def _count(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(f"SORTERBOT_{name}", str(default)).replace("_", "")
    if not text.isdecimal() or int(text) == 0:
        raise InvalidInputError(f"SORTERBOT_{name} must be a whole number above 0, not {text!r}")
    return int(text)


def _seconds(environment: Mapping[str, str], name: str, default: float) -> float:
    text = environment.get(f"SORTERBOT_{name}", str(default))
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= MAX_LEAVE_S:
        raise InvalidInputError(
            f"SORTERBOT_{name} must be a number from 0 to {MAX_LEAVE_S:g}, not {text!r}"
        )
    return seconds


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name)
    if not value:
        raise InvalidInputError(f"the environment variable {name} is not set")
    return value


def _warm_up(app: Gateway, services: Services) -> None:
    """Write the OpenAPI document and meet the broker now rather than while a robot waits."""
    app.generate_spec_json()
    try:
        services.queue.load_lengths()
    except TransientError as error:
        log.warning("broker_is_away", reason=type(error).__name__)
