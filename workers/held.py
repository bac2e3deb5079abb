"""What a worker process holds at the moment, so that it can be given back when it has to end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from storage.records import ImageClaim, SessionClaim

Claim = ImageClaim | SessionClaim


@dataclass(slots=True)
class Held:
    """The claims under which threads of this process work.

    Attributes:
        is_ending: Whether the process was asked to end: what it cannot finish is then given
            back without counting the attempt, in which the work itself had no part.
    """

    is_ending: bool = False
    _claims: dict[int, Claim] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def holding(self, claim: Claim) -> Iterator[None]:
        """Count the claim as held while the body runs."""
        with self._lock:
            self._claims[id(claim)] = claim
        try:
            yield
        finally:
            with self._lock:
                del self._claims[id(claim)]

    def claims(self) -> list[Claim]:
        """Return what is held now."""
        with self._lock:
            return list(self._claims.values())
