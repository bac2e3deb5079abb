"""Whether one more picture can be taken in now, and when to come back where it cannot."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Callable

from api.errors import QueueFullError
from storage.ports import Store
from storage.records import Backlog

MIN_RETRY_S = 1
MAX_RETRY_S = 60
"""Nobody is sent away for longer: the rate may have recovered by then."""

UNKNOWN_RETRY_S = 10
"""Where a full queue has not been seen to drain yet, as after a start."""


class Admission:
    """Counts the pictures that wait, from the rows, at most once in ``cache_s`` seconds.

    Between two counts the pictures taken in here are added, so that a burst cannot slip in.
    """

    def __init__(
        self,
        store: Store,
        monotonic_s: Callable[[], float],
        *,
        max_waiting: int,
        cache_s: float,
    ) -> None:
        self._store = store
        self._monotonic_s = monotonic_s
        self._max_waiting = max_waiting
        self._cache_s = cache_s
        self._lock = threading.Lock()
        self._counted = Backlog({}, None)
        self._counted_at_s = -math.inf
        self._since: Counter[str] = Counter()

    def load_backlog(self) -> Backlog:
        """Return how much waits, no older than the cache allows."""
        with self._lock:
            now_s = self._monotonic_s()
            if now_s - self._counted_at_s >= self._cache_s:
                self._counted = self._store.load_backlog()
                self._counted_at_s = now_s
                self._since.clear()
            waiting = Counter(self._counted.waiting_by_arm) + self._since
            return Backlog(waiting, self._counted.drained_per_s)

    def check(self, arm_id: str) -> None:
        """Object where the queue is full, and not to an arm with less than its share of it.

        Raises:
            QueueFullError: As many pictures wait as may; it says when to come back.
        """
        backlog = self.load_backlog()
        if is_full_for(arm_id, backlog, self._max_waiting):
            raise QueueFullError(
                f"{backlog.n_waiting} pictures wait and {self._max_waiting} may",
                retry_after_s(backlog, self._max_waiting),
            )

    def note_accepted(self, arm_id: str) -> None:
        """Count a picture that was just taken in."""
        with self._lock:
            self._since[arm_id] += 1


def is_full_for(arm_id: str, backlog: Backlog, max_waiting: int) -> bool:
    """Whether an arm's picture is refused.

    Below the limit nobody's is. From the limit on an arm's is that has an equal share of it
    waiting already; one that has less is let in, so that a robot that floods locks no other out.
    At twice the limit everybody's is.
    """
    if backlog.n_waiting < max_waiting:
        return False
    waiting = backlog.waiting_by_arm
    n_arms = len(waiting.keys() | {arm_id})
    has_its_share = waiting.get(arm_id, 0) * n_arms >= max_waiting
    return has_its_share or backlog.n_waiting >= 2 * max_waiting


def retry_after_s(backlog: Backlog, max_waiting: int) -> int:
    """Return when there is room for one more picture, in whole seconds, 1 to 60.

    The pictures over the limit, divided by how many were worked off a second of late; the
    longest time where none were, and ten seconds where that is not known yet.
    """
    if backlog.drained_per_s is None:
        return UNKNOWN_RETRY_S
    n_over = backlog.n_waiting - max_waiting + 1
    if backlog.drained_per_s <= 0:
        return MAX_RETRY_S
    return math.ceil(min(max(n_over / backlog.drained_per_s, MIN_RETRY_S), MAX_RETRY_S))
