"""How fast pictures are read, and how many workers it takes to hold a wait."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from storage.overview import PictureTimes


@dataclass(frozen=True, slots=True)
class WorkerPace:
    """What one worker read within the window.

    Attributes:
        busy_s: How long it had at least one picture in hand.
    """

    worker_id: str
    n_images: int
    busy_s: float

    @property
    def per_s(self) -> float:
        """Pictures a second while it had any."""
        return self.n_images / self.busy_s


def paces(times: Iterable[PictureTimes]) -> list[WorkerPace]:
    """Return the pace of every worker that read something, by its name."""
    held: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for one in times:
        if one.worker_id and one.claimed_at and one.finished_at:
            held[one.worker_id].append((one.claimed_at.timestamp(), one.finished_at.timestamp()))
    found = [WorkerPace(name, len(spans), covered_s(spans)) for name, spans in sorted(held.items())]
    return [pace for pace in found if pace.busy_s > 0]


def covered_s(spans: Iterable[tuple[float, float]]) -> float:
    """Return how long at least one of the spans lasted; each is its beginning and its end."""
    covered, until = 0.0, -math.inf
    for begin, end in sorted(spans):
        covered += max(end - max(begin, until), 0.0)
        until = max(until, end)
    return covered


def mean_pace(found: Sequence[WorkerPace]) -> float | None:
    """Return what one worker reads a second while it has something to read."""
    busy_s = sum(pace.busy_s for pace in found)
    return sum(pace.n_images for pace in found) / busy_s if busy_s else None


def most_within(at_s: Sequence[float], window_s: float) -> int:
    """Return the most of these times, which must rise, that lie within any stretch so long."""
    return max(
        (n + 1 - bisect_left(at_s, end_s - window_s) for n, end_s in enumerate(at_s)), default=0
    )


def workers_needed(
    received_at_s: Sequence[float], n_waiting: int, per_s: float, hold_s: float
) -> int:
    """Return how many workers it takes so that no picture waits longer than ``hold_s``.

    The most pictures that came within any ``hold_s``, A, have to be read within ``hold_s``, and so
    has what waits now, B: with a pace of m pictures a second a worker,
    N = ceil(max(A, B) / (m * hold_s)), at least 1. As long as no more than A come within any
    ``hold_s``, a picture then waits for ``hold_s`` at most, and for the one that a worker has in
    hand. The pace is what workers showed while they had something to read; a worker that was given
    single pictures shows less than it could in batches, so that N is rather too high than too low.

    Args:
        received_at_s: When pictures came of late, rising.
        per_s: Pictures a second a worker, above 0.

    Source: a queue whose arrivals are bounded in every window of the length that its server needs
    for them is empty after it, once in each window (J.-Y. Le Boudec, P. Thiran, Network Calculus,
    2001, theorem 1.4.2).
    """
    n_images = max(most_within(received_at_s, hold_s), n_waiting)
    return max(1, math.ceil(n_images / (per_s * hold_s) - 1e-9))


def quantile(values: Sequence[float], share: float) -> float | None:
    """Return the smallest value that so many of them do not exceed; ``None`` of none."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)] if ordered else None
