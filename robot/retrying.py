"""Patience with a gateway that is away: tries again with growing, jittered pauses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from robot.errors import GatewayAwayError
from sorter.errors import InvalidInputError

MAX_DOUBLINGS = 30

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait for a gateway that is away, and how to space the tries.

    Attributes:
        total_s: Trying ends where the next pause would go beyond this; 0 tries once.
        first_pause_s: At most so long after the first failure; doubled after each further one.
        longest_pause_s: At most so long, unless the gateway itself asks for more.
    """

    total_s: float = 600.0
    first_pause_s: float = 0.2
    longest_pause_s: float = 15.0

    def __post_init__(self) -> None:
        if not (self.total_s >= 0 and 0 < self.first_pause_s <= self.longest_pause_s):
            raise InvalidInputError(f"pauses must be above zero and in order: {self}")

    def pause_s(self, n_failures: int, asked_for_s: float, rng: Random) -> float:
        """Return how long to wait after the ``n_failures``-th failure in a row.

        Never shorter than the gateway asked for, and never alike for two robots, so that they
        do not come back all at once.

        Source: "equal jitter" in AWS's Exponential Backoff And Jitter, 2015.
        """
        doublings = min(n_failures - 1, MAX_DOUBLINGS)
        grown_s = min(self.first_pause_s * 2.0**doublings, self.longest_pause_s)
        return max(grown_s * rng.uniform(0.5, 1.0), asked_for_s * rng.uniform(1.0, 1.2))


IMPATIENT = Patience(total_s=0.0)
"""Tries once."""


class Retrying:
    """Calls something until it answers, while it says that the gateway is away.

    Attributes:
        pause: Waits that many seconds.
        monotonic_s: Tells the seconds since some moment.
    """

    def __init__(
        self, sleep: Callable[[float], None], monotonic_s: Callable[[], float], rng: Random
    ) -> None:
        self.pause = sleep
        self.monotonic_s = monotonic_s
        self._rng = rng

    def __call__(self, attempt: Callable[[], Answer], patience: Patience) -> Answer:
        """Return what ``attempt`` returns.

        Raises:
            GatewayAwayError: It was still away when the patience ended.
        """
        until_s = self.monotonic_s() + patience.total_s
        n_failures = 0
        while True:
            try:
                return attempt()
            except GatewayAwayError as error:
                n_failures += 1
                pause_s = patience.pause_s(n_failures, error.retry_after_s, self._rng)
                if self.monotonic_s() + pause_s > until_s:
                    raise
                self.pause(pause_s)
