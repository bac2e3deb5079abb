"""What the console shows of a session beyond what robots are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sorter.types import Detections

if TYPE_CHECKING:
    from storage.records import ImageRecord


@dataclass(frozen=True, slots=True)
class Reading:
    """How long the parts of reading one picture took, in the worker that did.

    Attributes:
        decode_s: From the picture's bytes to its pixels.
        batch_wait_s: From its pixels to the call of the network that answered it.
        forward_s: That call, whatever else it held.
        batch_images: Pictures that the call held, this one among them.
    """

    decode_s: float
    batch_wait_s: float
    forward_s: float
    batch_images: int


@dataclass(frozen=True, slots=True)
class ReadImage:
    """One picture and all that is known of how it was read.

    Attributes:
        n_claims: Attempts that were begun.
        last_error: What the last attempt said that gave the picture back.
        claimed_at: When the attempt began that read it; ``None`` where none did, or where a worker
            of before schema 0005 did. So ``reading``.
        detections: ``None`` where it was not read.
    """

    image: ImageRecord
    n_claims: int
    last_error: str | None
    claimed_at: datetime | None
    reading: Reading | None
    detections: Detections | None


REPLAY_LEASE_S = 1800.0
"""Longer than any replay takes: whoever began it and has not ended it by then is dead."""


MOST_REPLAYS = 20
"""Of one session, those that are shown: each holds a whole plan."""


class ReplayState(StrEnum):
    """``waiting -> running -> done | failed``."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Replay:
    """A session's pictures sorted once more, by other models, for somebody to look at.

    Attributes:
        detector: Name of a package, as the replay worker knows it. So ``embedder``; empty for its
            own.
        result: What the models would have planned, and what that changes; ``None`` until done.
        failure: Why there is none; ``None`` unless failed.
    """

    replay_id: str
    session_id: str
    detector: str
    embedder: str
    state: ReplayState
    asked_at: datetime
    finished_at: datetime | None
    result: dict[str, Any] | None
    failure: str | None
