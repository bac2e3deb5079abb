"""Many legs are shared out to few stations, so that each station gets as many as it can take.

It is the transportation problem with one unit a leg. Every leg first goes where it is cheapest;
then legs move from stations that have too many to those with room, always along the chain of moves
that costs least. Each chain keeps the cost the least for what the stations hold, so that in the
end it is the least of all. With few stations the time grows as n log n.

Source: successive shortest paths; J. B. Orlin and others' Network Flows, 1993, chapter 9.
"""

from __future__ import annotations

import heapq
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sorter.types import LabelArray


def share_out(cost: NDArray[np.float64], room: NDArray[np.integer]) -> LabelArray:
    """Return the station of each leg, at the least total cost.

    Args:
        cost: ``(n, m)`` whole numbers, so that sums are exact.
        room: ``(m,)``, how many legs each station gets; ``n`` together.

    Returns:
        ``(n,)`` int64. Of several ways at the least cost, always the same one.
    """
    shares = _Shares(cost)
    n_held = np.bincount(shares.station, minlength=len(room))
    spare = (room - n_held).tolist()
    for start in range(len(room)):
        while spare[start] < 0:
            chain = shares.cheapest_chain(start, [left > 0 for left in spare])
            shares.move_along(chain)
            spare[start] += 1
            spare[chain[-1]] -= 1
    return np.array(shares.station, np.int64)


class _Shares:
    """Which station each leg is with, and which leg is the cheapest to move between any two."""

    def __init__(self, cost: NDArray[np.float64]) -> None:
        self.station: list[int] = cost.argmin(axis=1).tolist()
        self._cost = cost.tolist()
        self._stations = range(cost.shape[1])
        # A heap for each way between two stations; a leg that has left is dropped when it is met.
        self._moves: list[list[list[tuple[float, int]]]] = []
        for start in self._stations:
            legs = np.flatnonzero(np.array(self.station) == start)
            more = cost[legs] - cost[legs, start][:, None]
            self._moves.append(
                [sorted(zip(more[:, end].tolist(), legs.tolist())) for end in self._stations]  # noqa: B905
            )

    def cheapest_chain(self, start: int, has_room: list[bool]) -> list[int]:
        """Return the stations of the least dear chain of moves to one that has room.

        A move may save something, but no round of moves does: so as many rounds as there are
        stations settle all chains (Bellman and Ford).
        """
        ways = {
            (one, end): self._cheapest_move(one, end)
            for one in self._stations
            for end in self._stations
            if one != end
        }
        total = [np.inf] * len(self._stations)
        total[start] = 0.0
        before = [start] * len(self._stations)
        for _ in self._stations:
            for (one, end), more in ways.items():
                if total[one] + more < total[end]:
                    total[end], before[end] = total[one] + more, one
        end = min((one for one in self._stations if has_room[one]), key=total.__getitem__)
        chain = [end]
        while chain[-1] != start:
            chain.append(before[chain[-1]])
        return chain[::-1]

    def move_along(self, chain: list[int]) -> None:
        """Move the cheapest leg along each link of a chain; the links do not share a leg."""
        moves = [(self._moves[one][end][0][1], end) for one, end in pairwise(chain)]
        for leg, end in moves:
            self.station[leg] = end
            for other in self._stations:
                more = self._cost[leg][other] - self._cost[leg][end]
                heapq.heappush(self._moves[end][other], (more, leg))

    def _cheapest_move(self, start: int, end: int) -> float:
        """Return what it costs more to have one leg there instead; infinite where there is none."""
        legs = self._moves[start][end]
        while legs and self.station[legs[0][1]] != start:
            heapq.heappop(legs)
        return legs[0][0] if legs else np.inf
