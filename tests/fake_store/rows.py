"""What the fake store keeps, and the lock and clock that all of it shares."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import RLock
from typing import TypeVar

from sorter.errors import NotFoundError, TransientError
from sorter.types import Arm, Detections
from storage import rules
from storage.check_ins import CheckIn
from storage.events import NewEvent
from storage.operators import OperatorKey
from storage.records import (
    Document,
    Event,
    ImageRecord,
    ImageState,
    KeyRecord,
    Outcome,
    SessionRecord,
    WorkerRecord,
)
from storage.views import Reading, Replay

T = TypeVar("T")
UNFINISHED = {ImageState.RECEIVED, ImageState.DETECTING}


@dataclass
class FakeClaim:
    worker_id: str
    at: datetime


@dataclass
class FakeImage:
    record: ImageRecord
    waiting_since: datetime
    claim: FakeClaim | None = None
    turn_at: datetime | None = None
    published_at: datetime | None = None
    detections: Detections | None = None
    reading: Reading | None = None
    read_since: datetime | None = None
    claimants: list[str] = field(default_factory=list)
    last_error: str | None = None
    quarantined_at: datetime | None = None

    @property
    def is_unfinished(self) -> bool:
        return self.record.state in UNFINISHED

    @property
    def has_turn(self) -> bool:
        return self.turn_at is not None or self.published_at is not None


@dataclass
class FakeSession:
    record: SessionRecord
    parameters: tuple[int | None, int, float]
    idempotency_key: str | None
    attempt: int = 0
    waiting_since: datetime | None = None
    republished_at: datetime | None = None
    claim: FakeClaim | None = None
    plan: Document | None = None
    explanation: Document | None = None
    images: list[FakeImage] = field(default_factory=list)
    outcomes: dict[int, Outcome] = field(default_factory=dict)

    def counted(self) -> SessionRecord:
        states = [image.record.state for image in self.images]
        return replace(
            self.record,
            n_images=len(states),
            n_detected=states.count(ImageState.DETECTED),
            n_failed=states.count(ImageState.FAILED),
        )


class FakeRows:
    """The rows, a lock for the transaction, and a clock that the test moves."""

    def __init__(self, make_id: Callable[[], str] | None = None) -> None:
        numbers = count(1)
        self.is_down = False
        self._make_id = make_id or (lambda: f"{next(numbers):032x}")
        self._now = datetime(2026, 1, 1, tzinfo=UTC)
        self._lock = RLock()
        self._arms: dict[str, Arm] = {}
        self._keys: dict[str, KeyRecord] = {}
        self._operator_keys: dict[str, OperatorKey] = {}
        self._sign_ins: dict[str, tuple[str, datetime]] = {}
        self._sessions: dict[str, FakeSession] = {}
        self._check_ins: dict[str, CheckIn] = {}
        self._events: list[Event] = []
        self._workers: dict[str, WorkerRecord] = {}
        self._replays: dict[str, Replay] = {}
        self._replays_began: dict[str, datetime] = {}

    def let_pass(self, seconds: float) -> None:
        """Move the clock on."""
        self._now += timedelta(seconds=seconds)

    @contextmanager
    def _transaction(self) -> Iterator[datetime]:
        with self._lock:
            if self.is_down:
                raise TransientError("the fake store was told to be down")
            self._now += timedelta(microseconds=1)  # no two changes at one time
            yield self._now

    def _void_at(self, claim: FakeClaim, dead_after_s: float) -> datetime:
        worker = self._workers.get(claim.worker_id)
        last_sign_at = max(claim.at, worker.last_seen_at) if worker else claim.at
        lease_ends_at = claim.at + timedelta(seconds=rules.CLAIM_LEASE_S)
        return min(last_sign_at + timedelta(seconds=dead_after_s), lease_ends_at)

    def _images(self) -> Iterator[tuple[FakeSession, FakeImage]]:
        for session in self._sessions.values():
            for image in session.images:
                yield session, image

    def _image(self, image_id: str) -> FakeImage | None:
        for _, image in self._images():
            if image.record.image_id == image_id:
                return image
        return None

    def _tell(self, session_id: str, event: NewEvent) -> None:
        kind, data = event
        event_id = len(self._events) + 1
        self._events.append(Event(event_id, session_id, kind, data, self._now))


def find(rows: dict[str, T], name: str) -> T:
    try:
        return rows[name]
    except KeyError:
        raise NotFoundError(f"there is no {name!r}") from None
