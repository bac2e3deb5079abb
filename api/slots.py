"""A number of places, so that those who wait leave threads to those who post."""

from __future__ import annotations

import threading


class Slots:
    """Places to be taken and given back; taking never blocks."""

    def __init__(self, n: int) -> None:
        self._places = threading.BoundedSemaphore(n) if n > 0 else None

    def take(self) -> bool:
        """Take a place; False where none is free."""
        return self._places is not None and self._places.acquire(blocking=False)

    def give_back(self) -> None:
        """Give back a place that was taken."""
        if self._places is not None:
            self._places.release()
