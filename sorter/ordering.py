"""The order of picking with the shortest servo travel.

The arm starts at home, and after each item it stands at that item's container. So each item is
reached from home or from a container, its *origin*, and a container is left as often as it was
entered, but for the last. Choosing the origins is an assignment problem. If the chosen legs
hang together they are the shortest trail; if not, links that they lack are asked for in turn,
the cheapest first, until the best trail costs no more than any that could still be found.

Source: docs/adr/0005-order-of-commands.md.
"""

from __future__ import annotations

import heapq
from collections import Counter

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from sorter.geometry import travel_pw
from sorter.shares import share_out
from sorter.trail import HOME, connect, missing_links, walk
from sorter.types import LabelArray, PositionArray

Links = tuple[tuple[int, int], ...]
"""Origins and targets of legs, numbers of stations, sorted."""

STEPS_PER_PW = 2**20
"""Travel is counted in whole steps of this size, so that sums are exact in any order."""

FORBIDDEN = 2.0**48
"""Steps: more than any trail takes, little enough that sums stay exact."""

N_TRIES = 200
"""Assignments that the search may solve. Source: docs/adr/0005-order-of-commands.md."""

MOST_ASSIGNED = 400
"""Legs that are assigned to single slots; the time for it grows with the cube of their number. Of
more legs, the stations share them out by :mod:`sorter.shares`, at the same least cost."""

N_TRIED_CELLS = 2_000_000
"""Cells of all those assignments together, so that many items take no longer than few."""


def shortest_order(
    home_pw: PositionArray,
    places_pw: PositionArray,
    containers_pw: PositionArray,
    container_of: LabelArray,
) -> list[int]:
    """Return the order in which to pick the items, each then dropped into its container.

    The order is the shortest if the search ends within its limits, as it does for the tens of
    items of a table; otherwise it is at most twice the length of the shortest tree that joins
    the containers longer.

    Args:
        home_pw: ``(2,)``, where the arm starts.
        places_pw: ``(n, 2)`` places of the items, at least one.
        containers_pw: ``(m, 2)`` places of the containers.
        container_of: ``(n,)``, the container of each item.

    Returns:
        The numbers of the items, each once.
    """
    stations_pw = np.vstack([home_pw, containers_pw])
    target = np.append(container_of + 1, len(stations_pw))
    origin = shortest_origins(_travel(stations_pw, places_pw), target)
    *legs, _end = walk(origin, target)
    return legs


def shortest_origins(travel: NDArray[np.float64], target: LabelArray) -> LabelArray:
    """Return the origin of each leg in the shortest trail that the search finds.

    Best first: what is asked for bounds from below all trails that have it, and any trail that
    was found bounds the shortest from above. When the two meet, the trail is the shortest.

    Args:
        travel: ``(n + 1, m + 1)`` whole steps, from each station to each item and to the end.
        target: ``(n + 1,)``, the station that each leg leads to; the last is the end.
    """
    bound, origin = cheapest_origins(travel, target, ())
    best = connect(origin, target, travel)
    waiting: list[tuple[float, Links, LabelArray]] = [(bound, (), origin)]
    tried: set[Links] = set()
    n_tries = min(N_TRIES, N_TRIED_CELLS // len(target) ** 2)
    while waiting and waiting[0][0] < _total(travel, best) and len(tried) < n_tries:
        _, links, origin = heapq.heappop(waiting)
        for more in sorted(_asking_for_one_more(links, origin, target) - tried):
            tried.add(more)
            bound, origin_asked = cheapest_origins(travel, target, more)
            heapq.heappush(waiting, (bound, more, origin_asked))
            trail = connect(origin_asked, target, travel)
            best = min(best, trail, key=lambda found: _total(travel, found))
    return best


def cheapest_origins(
    travel: NDArray[np.float64], target: LabelArray, links: Links
) -> tuple[float, LabelArray]:
    """Return the least travel, and the origin of each leg for it, connected or not.

    Args:
        links: To hold at least; as many from one station as are asked for.
    """
    # Home is left once, and a container as often as something is dropped there.
    slots = np.sort(np.append(HOME, target[:-1]))
    if not links and len(target) > MOST_ASSIGNED:
        origin = share_out(travel, np.bincount(slots, minlength=travel.shape[1]))
        return _total(travel, origin), origin
    cost = travel[:, slots]
    # A slot that takes only legs into one station makes sure of a link to it.
    free = {start: iter(np.flatnonzero(slots == start)) for start, _ in links}
    for start, end in links:
        cost[target != end, next(free[start])] = FORBIDDEN
    leg, slot = linear_sum_assignment(cost)
    return float(cost[leg, slot].sum()), slots[slot]


def _asking_for_one_more(links: Links, origin: LabelArray, target: LabelArray) -> set[Links]:
    """Return the links with one of those more that the origins lack, each such way once."""
    n_free = Counter(origin.tolist())
    n_free.subtract(start for start, _ in links)
    missing = missing_links(origin, target)
    return {tuple(sorted((*links, link))) for link in missing if n_free[link[0]] > 0}


def _total(travel: NDArray[np.float64], origin: LabelArray) -> float:
    return float(travel[np.arange(len(origin)), origin].sum())


def _travel(stations_pw: PositionArray, places_pw: PositionArray) -> NDArray[np.float64]:
    """Return the whole steps from each station (column) to each item (row) and to the end.

    The end costs nothing where the last drop is; home, where nothing is dropped, is no end.
    """
    end = np.zeros((1, len(stations_pw)))
    end[0, HOME] = FORBIDDEN
    steps = np.round(travel_pw(places_pw[:, None], stations_pw) * STEPS_PER_PW)
    return np.vstack([steps, end])
