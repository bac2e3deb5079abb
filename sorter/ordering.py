"""The order of picking with the shortest servo travel.

The arm starts at home, and after each item it stands at that item's container. So each item is
reached from an *origin*, home or a container, and each container is left as often as it was
entered, but for the last. Choosing origins is an assignment problem, solved exactly; the chosen
legs make a trail if they hang together, and are made to by the cheapest exchanges if not.

Source: docs/adr/0005-order-of-commands.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sorter.geometry import travel_pw
from sorter.types import LabelArray, PositionArray

HOME = 0
"""The number of home among the origins; container c has the number c + 1."""


def shortest_order(
    home_pw: PositionArray,
    places_pw: PositionArray,
    containers_pw: PositionArray,
    container_of: LabelArray,
) -> list[int]:
    """Return the order in which to pick the items, each then dropped into its container.

    The travel is the least possible where the best origins hang together; where they do not, it
    is at most twice the shortest tree that joins the containers longer.

    Args:
        home_pw: ``(2,)``, where the arm starts.
        places_pw: ``(n, 2)`` places of the items.
        containers_pw: ``(m, 2)`` places of the containers.
        container_of: ``(n,)``, the container of each item.

    Returns:
        The numbers of the items, each once.
    """
    stations_pw = np.vstack([home_pw, containers_pw])
    travel = _travel_from(stations_pw, places_pw)
    target = np.append(container_of + 1, len(stations_pw))
    origin = best_origins(travel, target)
    return walk(connect(origin, target, travel), target)


def _travel_from(stations_pw: PositionArray, places_pw: PositionArray) -> NDArray[np.float64]:
    """Return the travel from every origin (column) to every item (row).

    The last row stands for the end: it costs nothing where the last drop is, and home, where
    nothing is dropped, cannot be the end.
    """
    end = np.zeros((1, len(stations_pw)))
    end[0, HOME] = np.inf
    return np.vstack([travel_pw(places_pw[:, None], stations_pw), end])


def best_origins(travel: NDArray[np.float64], target: LabelArray) -> LabelArray:
    """Return the origin of each leg for the least travel, connected or not.

    Args:
        travel: ``(n + 1, m + 1)``, from each origin to each item and to the end.
        target: ``(n + 1,)``, where each leg leads: a container's number, or that of the end.
    """
    # Home is left once, and a container as often as something is dropped there.
    slots = np.append(HOME, target[:-1])
    _, slot = linear_sum_assignment(travel[:, slots])
    return np.asarray(slots[slot], np.int64)


def connect(origin: LabelArray, target: LabelArray, travel: NDArray[np.float64]) -> LabelArray:
    """Return origins that make one trail, by the cheapest exchange between two parts at a time.

    Two legs of different parts that exchange their origins make the two parts one.
    """
    origin = origin.copy()
    while True:
        part = _parts(origin, target)
        if len(np.unique(part[origin])) == 1:
            return origin
        one, other = _cheapest_exchange(origin, travel, part)
        origin[one], origin[other] = origin[other], origin[one]


def _parts(origin: LabelArray, target: LabelArray) -> NDArray[np.int32]:
    """Return for each station the part of the legs that it belongs to."""
    n = int(target.max()) + 1
    legs = coo_array((np.ones(len(origin)), (origin, target)), shape=(n, n))
    _, part = connected_components(legs, directed=False)
    return np.asarray(part)


def _cheapest_exchange(
    origin: LabelArray, travel: NDArray[np.float64], part: NDArray[np.int32]
) -> tuple[int, int]:
    """Return two legs of different parts that lose least when they exchange origins."""
    used = np.unique(origin)
    more = travel - travel[np.arange(len(origin)), origin][:, None]
    legs = {station: np.flatnonzero(origin == station) for station in used.tolist()}
    best = {
        (one, other): int(legs[one][np.argmin(more[legs[one], other])])
        for one in legs
        for other in legs
        if part[one] != part[other]
    }
    cost = {
        (one, other): more[best[one, other], other] + more[best[other, one], one]
        for one, other in best
    }
    one, other = min(cost, key=lambda pair: (cost[pair], pair))
    return best[one, other], best[other, one]


def walk(origin: LabelArray, target: LabelArray) -> list[int]:
    """Return the legs, but for the end's, in an order in which each starts where one ended.

    Source: Hierholzer's algorithm; of several legs the one with the lowest number goes first.
    """
    leaving: dict[int, list[int]] = {}
    for leg in range(len(origin) - 1, -1, -1):
        leaving.setdefault(int(origin[leg]), []).append(leg)
    trail: list[int] = []
    open_legs: list[int] = []
    station = HOME
    while True:
        if leaving.get(station):
            open_legs.append(leaving[station].pop())
            station = int(target[open_legs[-1]])
        elif open_legs:
            leg = open_legs.pop()
            trail.append(leg)
            station = int(origin[leg])
        else:
            return trail[:0:-1]
