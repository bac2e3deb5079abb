"""Telling others outside what happens to sessions: where a feed has got to, and what is next."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from storage.records import Event

KEEP_S = 3600.0
"""What was not told this long after its session's end is not told any more."""


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """An event, and what a feed needs to know of its session."""

    event: Event
    arm_id: str
    idempotency_key: str | None


class EventFeed(Protocol):
    """What one feed has not told yet.

    An event is told at least once: a feed that dies between telling and noting it tells it again.

    Raises:
        TransientError: The database did not answer; from any method.
    """

    def take(self) -> bool:
        """Return whether this process feeds; while another does, it does not.

        A process that ends, or whose connection breaks, leaves its place to another.
        """
        ...

    def load_untold(self, limit: int, without: Collection[str] = ()) -> list[FeedEvent]:
        """Return events that are not told, those of one session in their order, none left out.

        Of sessions that go on, or ended at most :data:`KEEP_S` ago.

        Args:
            without: Sessions that are not to be looked at now.
        """
        ...

    def mark_told(self, event: Event) -> None:
        """Note that a session's events are told up to this one."""
        ...

    def forget_old(self) -> int:
        """Forget how far the feed got in sessions that it looks at no more; return how many."""
        ...

    def close(self) -> None:
        """Leave the place to another."""
        ...
