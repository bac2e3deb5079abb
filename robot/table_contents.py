"""What lies in containers from the start: of which kind, how many, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from robot.outlines import hidden_share, place_against
from robot.table import TableContainer, TableItem, Xy
from robot.table_looks import make_item
from sorter.errors import InvalidInputError

WALL_PX = 20.0
"""Between what lies in a container and the container's outline: its wall is that thick at most."""

MOST_CONTAINED = 5
"""Items of one container."""

MOST_SHARED = 0.03
"""Two outlines, counted in cells, may share this much of an item and still only touch."""

COUNTING_ERROR = 0.01
"""What a share that is counted in cells is wrong by."""

_TRIES = 60


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is to lie on a table; see :func:`robot.table_layout.make_scene`."""

    n_items: int
    kinds: Sequence[str]
    n_contained: int = 0
    touching: float = 0.0
    covered: float = 0.0

    def __post_init__(self) -> None:
        if self.n_contained > self.n_items or (self.n_items and not self.kinds):
            raise InvalidInputError("items in containers need items, containers and kinds")
        if not (self.touching >= 0 and self.covered >= 0 and self.touching + self.covered <= 1):
            raise InvalidInputError("touching and covered are shares, together 1 at most")


def choose_contents(
    rng: np.random.Generator, wishes: Wishes, n_containers: int
) -> list[tuple[str, int]]:
    """Return the kind and the container of each contained item: one kind a container at most."""
    names = [str(name) for name in rng.permutation(list(dict.fromkeys(wishes.kinds)))]
    n_homes = min(len(names), n_containers)
    numbers = [int(number) for number in rng.permutation(n_containers)[:n_homes]]
    least = -(-wishes.n_contained // MOST_CONTAINED)
    most = min(n_homes, wishes.n_contained)
    if wishes.n_contained == 0 or least > most:
        return []
    counts = [1] * int(rng.integers(least, most + 1))
    for _ in range(wishes.n_contained - len(counts)):
        has_room = [i for i, count in enumerate(counts) if count < MOST_CONTAINED]
        counts[has_room[int(rng.integers(len(has_room)))]] += 1
    return [
        (name, number)
        for name, number, count in zip(names, numbers, counts, strict=False)
        for _ in range(count)
    ]


def lay_contents(
    rng: np.random.Generator,
    contents: Sequence[tuple[str, int]],
    containers: Sequence[TableContainer],
) -> list[TableItem] | None:
    """Lay items of these kinds in these containers; return ``None`` where one has no room."""
    held: list[TableItem] = []
    for name, number in contents:
        item = replace(make_item(rng, name, (0.0, 0.0)), contained_in=number)
        beside = [other for other in held if other.contained_in == number]
        laid = _lay_inside(rng, item, containers[number], beside)
        if laid is None:
            return None
        held.append(laid)
    return held


def _lay_inside(
    rng: np.random.Generator,
    item: TableItem,
    container: TableContainer,
    others: Sequence[TableItem],
) -> TableItem | None:
    """Return the item on a container's floor, at times against another, never over one."""
    for _ in range(_TRIES):
        dx, dy = rng.uniform(-0.5, 0.5, 2) * max(container.size_px)
        place = (float(container.centre_xy_px[0] + dx), float(container.centre_xy_px[1] + dy))
        if others and rng.random() < 0.5:
            other = others[int(rng.integers(len(others)))]
            place = place_against(other, item, float(rng.uniform(0, 2 * np.pi)), 0.0)
        laid = replace(item, centre_xy_px=place)
        if container.depth_px(place) > item.length_px / 2 + WALL_PX and all(
            distance_px(place, other.centre_xy_px) > item.radius_px + other.radius_px
            or hidden_share(other, laid) <= MOST_SHARED - COUNTING_ERROR
            for other in others
        ):
            return laid
    return None


def distance_px(a: Xy, b: Xy) -> float:
    """Return how far apart two places are."""
    return float(np.hypot(a[0] - b[0], a[1] - b[1]))
