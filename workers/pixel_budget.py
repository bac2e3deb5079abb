"""How much of a worker's memory pictures may take: so many pixels at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class PixelBudget:
    """Lets in pictures of so many pixels together; a larger one is let in alone.

    A small file can hold a picture of many pixels, and a pool has many threads. Whoever came
    first is let in first, so that a large picture is not kept waiting by small ones.
    """

    def __init__(self, n_pixels: int) -> None:
        self._n_pixels = n_pixels
        self._n_taken = 0
        self._turn = threading.Lock()
        self._has_room = threading.Condition()

    @contextmanager
    def taking(self, n_pixels: int) -> Iterator[None]:
        """Wait until there is room for that many pixels, and hold it."""
        with self._turn, self._has_room:
            self._has_room.wait_for(
                lambda: self._n_taken == 0 or self._n_taken + n_pixels <= self._n_pixels
            )
            self._n_taken += n_pixels
        try:
            yield
        finally:
            with self._has_room:
                self._n_taken -= n_pixels
                self._has_room.notify()
