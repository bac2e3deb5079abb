"""Robots that ask every few seconds whether they may begin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

START_LASTS_S = 30.0
"""A wish to start that no robot heard for so long is void: no arm moves when nobody looks."""


@dataclass(frozen=True, slots=True)
class CheckIn:
    """When a robot last asked, what it said of itself, and what it will be told.

    Attributes:
        is_ready: Whether it reached the door that takes its pictures.
        start_asked_at: When somebody wished it to start; ``None`` where nobody does now.
    """

    arm_id: str
    seen_at: datetime
    is_ready: bool
    start_asked_at: datetime | None
