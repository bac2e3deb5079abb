"""Legs between stations that are to be walked in one go.

A leg leads from its origin to its target, both numbers of stations. Station 0 is home, where
the walk starts, and the highest one is the end, where it stops; all others are left as often as
they are entered. Such legs can be walked in one go if they hang together (Euler).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sorter.types import LabelArray

HOME = 0


def parts(origin: LabelArray, target: LabelArray) -> LabelArray:
    """Return for each station the number of the part of the legs that it belongs to.

    A station that no leg touches is a part of its own.
    """
    n = int(target.max()) + 1
    legs = coo_array((np.ones(len(origin)), (origin, target)), shape=(n, n))
    _, part = connected_components(legs, directed=False)
    return np.asarray(part, np.int64)


def hangs_together(origin: LabelArray, target: LabelArray) -> bool:
    """Whether the legs can be walked in one go."""
    return len(np.unique(parts(origin, target)[origin])) == 1


def missing_links(origin: LabelArray, target: LabelArray) -> list[tuple[int, int]]:
    """Return links ``(origin, target)`` of which any single trail holds at least one.

    They enter the first part that home is not in; there are none if there is no such part.
    """
    part = parts(origin, target)
    elsewhere = part[origin] != part[HOME]
    if not elsewhere.any():
        return []
    aim = part[origin[elsewhere]].min()
    starts = np.unique(origin[part[origin] != aim])
    ends = np.unique(target[part[target] == aim])
    return [(start, end) for start in starts.tolist() for end in ends.tolist()]


def connect(origin: LabelArray, target: LabelArray, travel: NDArray[np.float64]) -> LabelArray:
    """Return origins whose legs hang together, by the cheapest exchanges between two parts.

    Two legs of different parts that exchange their origins make the two parts one.

    Args:
        travel: ``(n_legs, n_stations - 1)``, what each leg costs from each origin.
    """
    origin = origin.copy()
    while not hangs_together(origin, target):
        one, other = _cheapest_exchange(origin, travel, parts(origin, target))
        origin[[one, other]] = origin[[other, one]]
    return origin


def walk(origin: LabelArray, target: LabelArray) -> list[int]:
    """Return the legs in an order in which each starts where the one before ended.

    Of several legs that start at a station, the one with the lowest number is tried first.

    Args:
        origin: Of legs that hang together.

    Source: Hierholzer's algorithm.
    """
    leaving: dict[int, list[int]] = {}
    for leg in reversed(range(len(origin))):
        leaving.setdefault(int(origin[leg]), []).append(leg)
    walked: list[int] = []
    on_foot = [leaving[HOME].pop()]
    while on_foot:
        ahead = leaving.get(int(target[on_foot[-1]]))
        if ahead:
            on_foot.append(ahead.pop())
        else:
            walked.append(on_foot.pop())
    return walked[::-1]


def _cheapest_exchange(
    origin: LabelArray, travel: NDArray[np.float64], part: LabelArray
) -> tuple[int, int]:
    """Return two legs of different parts that lose least when they exchange origins."""
    more = travel - travel[np.arange(len(origin)), origin][:, None]
    used = np.unique(origin)
    # For each origin the leg that changes cheapest to each other origin: few, so looked at all.
    legs = [np.flatnonzero(origin == station) for station in used]
    best = np.array([some[more[some].argmin(axis=0)] for some in legs])[:, used]
    loss = more[best, used]
    total = np.where(part[used][:, None] != part[used], loss + loss.T, np.inf)
    one, other = np.unravel_index(total.argmin(), total.shape)
    return int(best[one, other]), int(best[other, one])
