"""What the store keeps, as it hands it out.

Times are the database's own: one clock for gateways and workers on many machines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sorter.errors import InvalidInputError
from sorter.types import Arm, ImageSize

Document = Mapping[str, Any]
"""A JSON object."""

ARM_SHARE = 12
"""One and a half batches of a GPU worker, of eight each: enough that a lone arm keeps the network
busy, and so few that another's picture finds room in the next batch; docs/adr/0020.
"""


class ImageState(StrEnum):
    """``received -> detecting -> detected | failed``."""

    RECEIVED = "received"
    DETECTING = "detecting"
    DETECTED = "detected"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Whether nothing changes any more."""
        return self in {ImageState.DETECTED, ImageState.FAILED}


class SessionState(StrEnum):
    """``open -> sealed -> sorting -> done | partial | failed``."""

    OPEN = "open"
    SEALED = "sealed"
    SORTING = "sorting"
    DONE = "done"
    PARTIAL = "partial"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Whether nothing changes any more."""
        return self in {SessionState.DONE, SessionState.PARTIAL, SessionState.FAILED}


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """One sorting run. ``arm`` is the arm as it was when the session was opened."""

    session_id: str
    arm: Arm
    state: SessionState
    expected_images: int | None
    min_images: int
    deadline_at: datetime
    opened_at: datetime
    sealed_at: datetime | None
    finished_at: datetime | None
    n_images: int
    n_detected: int
    n_failed: int
    failure: str | None
    request_id: str | None
    idempotency_key: str | None = None
    """What whoever opened it calls it, one name a session of an arm."""


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One accepted picture; ``index`` counts from 0 within its session."""

    image_id: str
    session_id: str
    index: int
    position_pw: float
    state: ImageState
    key: str
    sha256: str
    size: ImageSize
    n_bytes: int
    attempt: int
    failure: str | None
    received_at: datetime
    finished_at: datetime | None
    request_id: str | None
    model: str | None = None
    """The ``name@version`` of the detector whose detections are kept."""


@dataclass(frozen=True, slots=True)
class NewImage:
    """A picture whose bytes are in the image store and whose row is not yet written."""

    position_pw: float
    key: str
    sha256: str
    size: ImageSize
    n_bytes: int


@dataclass(frozen=True, slots=True)
class Acceptance:
    """How an offered picture was taken in."""

    image: ImageRecord
    is_new: bool
    """False where the same bytes had come before: nothing is to be published again."""
    has_sealed: bool
    """Whether this very picture completed ``expected_images`` and so sealed the session."""
    has_turn: bool = False
    """Whether its turn on the queue came at once: it is the caller's to publish.

    Where not, its arm may have a turn for it, or for an older one, by the time the caller knows.
    """


@dataclass(frozen=True, slots=True)
class ImageClaim:
    """The right to write one picture's result, until somebody else claims it."""

    image: ImageRecord
    worker_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class QuarantinedImage:
    """A picture that has used up its attempts, kept for somebody to look at.

    Attributes:
        session_state: Of its session, as it is now.
        worker_ids: Who claimed it, a name for each attempt, the first one first.
        last_error: What the last attempt said that ended with a word; where it is ``None``, each
            worker ended with the picture in hand.
    """

    image: ImageRecord
    arm_id: str
    session_state: SessionState
    quarantined_at: datetime
    worker_ids: tuple[str, ...]
    last_error: str | None


@dataclass(frozen=True, slots=True)
class SessionClaim:
    """The right to write one session's plan, until somebody else claims it."""

    session: SessionRecord
    worker_id: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Event:
    """One change of a session, numbered in the order in which it was committed."""

    event_id: int
    session_id: str
    kind: str
    data: Document
    at: datetime


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """One bearer key, without its secret."""

    key_id: str
    arm_id: str
    secret_sha256: str
    created_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class WorkerRecord:
    """One worker process and when it last said that it lives."""

    worker_id: str
    queue: str
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much waits, and how fast it was worked off of late.

    Attributes:
        waiting_by_arm: Pictures that are not final, for each arm that has any.
        drained_per_s: ``None`` while nothing was worked off and nothing has waited for long.
    """

    waiting_by_arm: Mapping[str, int]
    drained_per_s: float | None

    @property
    def n_waiting(self) -> int:
        """Pictures of all arms that are not final."""
        return sum(self.waiting_by_arm.values())


@dataclass(frozen=True, slots=True)
class FairShare:
    """How much of the queue is one arm's, so that none waits behind all that another sent.

    Attributes:
        per_worker: Pictures of one arm on the queue at a time, for each worker that detects.
        alive_within_s: A worker heard of within that time counts; there is always one.
    """

    per_worker: int = ARM_SHARE
    alive_within_s: float = 5.0

    def __post_init__(self) -> None:
        if self.per_worker < 1:
            raise InvalidInputError("an arm's share of the queue must be at least one picture")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one command: ``result`` is ``picked``, ``missed`` or ``dropped``."""

    command: int
    result: str
    note: str | None
