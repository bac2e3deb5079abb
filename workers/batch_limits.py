"""How much one call of a network may hold, and how that follows the memory there is."""

from __future__ import annotations

from dataclasses import dataclass

from sorter.errors import InvalidInputError

GROW_AFTER = 100
"""Calls as large as memory is known to allow, before one picture more is dared."""


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """What one call may hold; a picture of more than ``max_pixels`` goes alone."""

    max_pictures: int
    max_pixels: int

    def __post_init__(self) -> None:
        if self.max_pictures < 1 or self.max_pixels < 1:
            raise InvalidInputError(f"a batch must have room for something: {self}")


class Room:
    """How many pictures a call may hold: halved when memory runs out, and slowly more again."""

    def __init__(self, most: int, grow_after: int = GROW_AFTER) -> None:
        self.n = most
        self._most = most
        self._grow_after = grow_after
        self._n_full = 0

    def shrink_below(self, n_failed: int) -> None:
        """Take half of what was too much as the new limit."""
        self.n = max(1, n_failed // 2)
        self._n_full = 0

    def note_success(self, n: int) -> None:
        """Let one more in, once enough calls as large as the limit went well."""
        self._n_full += n == self.n < self._most
        if self._n_full >= self._grow_after:
            self.n += 1
            self._n_full = 0
