"""What operators look at: every arm, how pictures were read of late, and the history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.records import SessionState

TRY_ARM_ID = "console:try"
"""The arm that takes the pictures which operators try. No robot's arm can be called so: the colon
is no part of an arm's name. What is tried is no part of the fleet or the history."""

TRIED_KEPT_S = 86_400.0
"""After a day a tried picture is deleted, and everything that was found in it."""

N_HOURS = 24
N_RECENT_SESSIONS = 20
"""An arm's last picture is looked for in so many of its newest sessions."""


@dataclass(frozen=True, slots=True)
class ArmNow:
    """One arm, as it is now.

    Attributes:
        n_unfinished: Sessions that are not done, partial or failed.
        last_picture_s: How long ago its last picture came; ``None`` where none did of late.
        newest_session_id: Of the session that was opened last; ``None`` without any.
        quiet_s: How long its newest session, still open, has been waiting for a picture;
            ``None`` where it is not open.
    """

    arm_id: str
    n_unfinished: int
    last_picture_s: float | None
    newest_session_id: str | None
    quiet_s: float | None


@dataclass(frozen=True, slots=True)
class ArmHours:
    """An arm's pictures of the last day, by hour, the oldest hour first.

    Attributes:
        received: Pictures taken in, of each of :data:`N_HOURS` hours.
        failed: Those of them that could not be read.
    """

    arm_id: str
    received: Sequence[int]
    failed: Sequence[int]

    @property
    def error_rate(self) -> float | None:
        """The share of the day's pictures that could not be read; ``None`` without pictures."""
        n = sum(self.received)
        return sum(self.failed) / n if n else None


@dataclass(frozen=True, slots=True)
class PictureTimes:
    """When one picture came, and when and by whom it was read.

    Attributes:
        claimed_at: When the attempt began that read it; ``None`` where none did, or where it is
            not known. So ``worker_id`` and ``finished_at``.
    """

    received_at: datetime
    claimed_at: datetime | None
    finished_at: datetime | None
    worker_id: str | None


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """Which sessions of the history are wanted; what is ``None`` is not asked for.

    Attributes:
        id_prefix: How the session's id begins.
        opened_from: Opened then or later; aware.
        opened_before: Opened earlier than that; aware.
    """

    id_prefix: str | None = None
    arm_id: str | None = None
    state: SessionState | None = None
    opened_from: datetime | None = None
    opened_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class TriedPicture:
    """A picture that an operator tried, and the keys of all that is kept of it."""

    session_id: str
    keys: tuple[str, ...]
