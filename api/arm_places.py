"""Places for each arm, so that what one of them does slowly leaves threads to the others."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from api.errors import BodiesFullError

RETRY_S = 1


class ArmPlaces:
    """As many places for every arm; taking one never blocks."""

    def __init__(self, n_an_arm: int) -> None:
        self._n_an_arm = n_an_arm
        self._lock = threading.Lock()
        self._n_taken: Counter[str] = Counter()

    @property
    def n_arms(self) -> int:
        """How many arms hold a place now."""
        return len(self._n_taken)

    @contextmanager
    def place(self, arm_id: str) -> Iterator[None]:
        """Hold one of the arm's places.

        Raises:
            BodiesFullError: The arm holds all of its places.
        """
        with self._lock:
            if self._n_taken[arm_id] >= self._n_an_arm:
                raise BodiesFullError(
                    f"{self._n_an_arm} requests of the arm are being received", RETRY_S
                )
            self._n_taken[arm_id] += 1
        try:
            yield
        finally:
            with self._lock:
                self._n_taken[arm_id] -= 1
                if not self._n_taken[arm_id]:
                    del self._n_taken[arm_id]
