"""What the rows say about the whole site at one moment, for whoever watches it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

RECENT_S = 3600.0
"""Sessions that ended are counted when they were opened no longer ago than this."""


@dataclass(frozen=True, slots=True)
class SiteFigures:
    """One look at the rows.

    Attributes:
        sessions: All that are not over, and those that are of the last :data:`RECENT_S`, by state.
        images: Pictures that are not final, by state.
        oldest_image_s: How long the picture has waited that has waited longest; 0 without any.
        oldest_session_s: The same of sessions whose pictures are all final and that nobody sorts.
        image_p50_s: From a picture's acceptance to its end, the median of those that ended within
            :data:`storage.rules.DRAIN_WINDOW_S`; ``None`` where none did. So ``image_p95_s``.
        drained_per_s: As in :class:`storage.records.Backlog`.
        n_quarantined: Pictures that used up their attempts and that nobody has looked after.
        workers: Those that live, by queue.
    """

    sessions: Mapping[str, int]
    images: Mapping[str, int]
    oldest_image_s: float
    oldest_session_s: float
    image_p50_s: float | None
    image_p95_s: float | None
    drained_per_s: float | None
    n_quarantined: int
    workers: Mapping[str, int]

    @property
    def n_waiting(self) -> int:
        """Pictures that are not final."""
        return sum(self.images.values())
