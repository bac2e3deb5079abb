"""Celery's Redis backend, patient where it counts the members of a chord."""

from __future__ import annotations

from typing import Any

from celery.backends.redis import RedisBackend
from celery.utils.dispatch import Signal

counting_retried = Signal(name="counting_retried")
"""Sent whenever Redis did not answer and the backend asks again."""


class GrowingChordBackend(RedisBackend):  # type: ignore[misc]  # celery publishes no types
    """Counts a member again and again while Redis restarts.

    Celery tries once, and fails a member whose work is done when Redis is away at that moment;
    the chord then never fires. The counting is one script that knows a repeat by task id and
    group index, so trying again is safe.
    """

    def on_chord_part_return(
        self, request: Any, state: str, result: Any, propagate: bool | None = None, **kwargs: Any
    ) -> None:
        """Count a member that ended, and fire the callback where it was the last."""
        count = super().on_chord_part_return
        self.ensure(lambda: count(request, state, result, propagate, **kwargs), ())

    def on_connection_error(self, *about: Any) -> float:
        """Say that Redis did not answer, and return how many seconds to wait."""
        counting_retried.send(sender=self)
        pause_s: float = super().on_connection_error(*about)
        return pause_s
