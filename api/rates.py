"""How many requests an arm may make: a bucket of tokens each, refilled at a steady rate.

The buckets are one gateway process's own: behind one address, N gateways together let an arm
make up to N times as many. A common count would cost every request a question to a server that
may be away; what protects the queue, which all gateways share, is counted from the rows.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass

from api.errors import TooManyRequestsError
from sorter.errors import InvalidInputError

MAX_BUCKETS = 4096
"""Arms remembered at once; keys exist for each, so that nobody can make them up."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests a second in the long run, and so many at once."""

    per_s: float
    burst: int

    def __post_init__(self) -> None:
        if not self.per_s > 0 or self.burst < 1:
            raise InvalidInputError(f"a rate must let something through: {self}")


class ArmRates:
    """Counts each arm's requests; safe to be asked from many threads."""

    def __init__(self, rate: Rate, monotonic_s: Callable[[], float]) -> None:
        self._rate = rate
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()
        self._full_at_s: dict[str, float] = {}

    def check(self, arm_id: str) -> None:
        """Take one token from the arm's bucket.

        Raises:
            TooManyRequestsError: It is empty; the error says when there is one again.
        """
        token_s = 1 / self._rate.per_s
        with self._lock:
            now_s = self._monotonic_s()
            full_at_s = max(self._full_at_s.get(arm_id, now_s), now_s) + token_s
            over_s = full_at_s - now_s - self._rate.burst * token_s
            if over_s <= token_s / 1000:  # sums of tokens are not exact
                self._keep(arm_id, full_at_s, now_s)
                return
        raise TooManyRequestsError(
            f"the arm may make {self._rate.per_s:g} requests a second, "
            f"and {self._rate.burst} at once",
            max(1, math.ceil(over_s)),
        )

    def _keep(self, arm_id: str, full_at_s: float, now_s: float) -> None:
        """Note when the arm's bucket will be full again; one that is needs no place."""
        if len(self._full_at_s) >= MAX_BUCKETS:
            self._full_at_s = {arm: at_s for arm, at_s in self._full_at_s.items() if at_s > now_s}
        self._full_at_s[arm_id] = full_at_s
