"""What a request handler works with: the services, the limits, and what one gateway remembers."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from flask import current_app, g

from api.admission import Admission
from api.arm_places import ArmPlaces
from api.authentication import KeyRing
from api.figures import SiteWatch
from api.metrics import Metrics
from api.rates import ArmRates, Rate
from api.slots import Slots
from storage.ports import ImageStore, Store
from storage.records import FairShare
from workers.ports import WorkQueue

EXTENSION = "sorterbot"
"""Under this name the gateway stands in ``app.extensions``."""


def _make_id() -> str:
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True)
class Services:
    """Everything outside the process, and time.

    Attributes:
        monotonic_s: A clock in seconds that never goes back.
        sleep: Waits that many seconds.
        make_id: Makes the id of a request that brings none.
    """

    store: Store
    images: ImageStore
    queue: WorkQueue
    monotonic_s: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    make_id: Callable[[], str] = _make_id


@dataclass(frozen=True, slots=True)
class Settings:
    """The limits of one gateway process.

    Attributes:
        max_waiting_images: Pictures not yet detected, of all sessions, before 503.
        key_cache_s: How long a key is trusted before it is looked up again; a revoked key
            works for that long at most.
        backlog_cache_s: How long one count of the waiting pictures is used.
        max_waits: Requests that may wait for commands at once; one more is answered at once.
        max_streams: Event streams open at once; one more gets 503.
        max_bodies_an_arm: Requests of one arm whose bodies are read at once; one more gets 503.
        max_saves: Pictures on their way into the image store at once; one more gets 503, so that
            a store that hangs does not hold every thread.
        max_stream_s: After that a stream ends, and the client comes back for the rest.
        worker_alive_s: A worker heard of within that time counts as up.
        share: How much of the queue is one arm's.
        rate: How many requests an arm may make of this process.
        leave_s: For so long after SIGTERM it is not ready any more, and still takes requests.
    """

    max_image_bytes: int = 20_000_000
    max_image_pixels: int = 50_000_000
    max_json_bytes: int = 1_000_000
    max_waiting_images: int = 2000
    key_cache_s: float = 2.0
    backlog_cache_s: float = 0.5
    max_wait_s: float = 60.0
    max_waits: int = 12
    max_streams: int = 8
    max_bodies_an_arm: int = 12
    max_saves: int = 16
    max_stream_s: float = 300.0
    heartbeat_s: float = 10.0
    worker_alive_s: float = 5.0
    share: FairShare = field(default_factory=FairShare)
    leave_s: float = 2.0
    rate: Rate = field(default_factory=lambda: Rate(per_s=200.0, burst=1000))


@dataclass(frozen=True, slots=True)
class Context:
    """Services and settings, and the state that one gateway process holds.

    Attributes:
        leaving: Set once the process was asked to stop.
    """

    services: Services
    settings: Settings
    keys: KeyRing
    admission: Admission
    metrics: Metrics
    rates: ArmRates
    leaving: threading.Event
    waits: Slots
    streams: Slots
    bodies: ArmPlaces
    saves: Slots


def make_context(services: Services, settings: Settings) -> Context:
    """Return the context of a gateway that has not served anybody yet."""
    return Context(
        services=services,
        settings=settings,
        keys=KeyRing(services.store, services.monotonic_s, settings.key_cache_s),
        admission=Admission(
            services.store,
            services.monotonic_s,
            max_waiting=settings.max_waiting_images,
            cache_s=settings.backlog_cache_s,
        ),
        metrics=Metrics(_site_watch(services, settings)),
        rates=ArmRates(settings.rate, services.monotonic_s),
        leaving=threading.Event(),
        waits=Slots(settings.max_waits),
        streams=Slots(settings.max_streams),
        bodies=ArmPlaces(settings.max_bodies_an_arm),
        saves=Slots(settings.max_saves),
    )


def _site_watch(services: Services, settings: Settings) -> SiteWatch:
    return SiteWatch(services.store, services.queue, services.monotonic_s, settings.worker_alive_s)


def using() -> Context:
    """Return the context of the gateway that serves this request."""
    return cast("Context", current_app.extensions[EXTENSION])


def caller_arm_id() -> str:
    """Return the arm whose key this request carries."""
    return cast("str", g.arm_id)


def request_id() -> str:
    """Return the id under which this request is logged, here and in the workers."""
    return cast("str", g.request_id)
