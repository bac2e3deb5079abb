"""Where items and clutter come to lie: in reach, apart, against and over one another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from robot.gripper import GRIP_REACH_PX
from robot.kinds import CLUTTER
from robot.outlines import hidden_share, place_against, place_over
from robot.table import TableContainer, TableItem, Xy
from robot.table_contents import (
    COUNTING_ERROR,
    MOST_SHARED,
    Wishes,
    choose_contents,
    distance_px,
    lay_contents,
)
from robot.table_looks import make_item
from sorter.geometry import servo_from_table, table_from_servo
from sorter.types import ArmGeometry, ImageSize, PositionArray

CAMERA = ImageSize(1640, 1232)
"""The pictures of the arm's camera. Source: docs/interfaces/sorterbot.md."""

ITEM_SERVO0_PW = (950.0, 1850.0)
ITEM_SERVO1_PW = (1180.0, 1920.0)

GAP_PX = 10.0
"""Between any two things on the table that are not meant to meet."""

MOST_HIDDEN = 0.35
"""The largest share of an item that another one hides which lies over it."""

LEAST_APART_PX = GRIP_REACH_PX
"""Between the centres of free items, so that a pick at one centre does not mean another item."""

_CLUTTER_SERVO_PW = ((820.0, 1980.0), (1060.0, 2040.0))
_LEAST_HIDDEN = 0.08
_TRIES = 60


def lay_items(
    rng: np.random.Generator,
    wishes: Wishes,
    containers: Sequence[TableContainer],
    geometry: ArmGeometry,
) -> tuple[TableItem, ...] | None:
    """Lay items in containers and on free ground; return ``None`` where one finds no room."""
    contents = choose_contents(rng, wishes, len(containers))
    held = lay_contents(rng, contents, containers)
    if held is None:
        return None
    names = _free_names(rng, wishes, [kind for kind, _ in contents])
    n_over = min(int(rng.binomial(len(names), wishes.covered)), len(names) // 2)
    n_beside = int(rng.binomial(len(names) - n_over, wishes.touching))
    ground = _FreeGround(_places_in_reach(rng, 60 + 60 * wishes.n_items, geometry), containers)
    table = _Table(rng, ground, geometry, containers)
    n_alone = max(min(1, len(names)), len(names) - n_over - n_beside)
    for i, name in enumerate(names):
        item = make_item(rng, name, (0.0, 0.0))
        if not table.lay(item, is_leaning=i >= n_alone, is_over=i >= len(names) - n_over):
            return None
    return table.in_order(held)


def lay_clutter(
    rng: np.random.Generator,
    n_clutter: int,
    containers: Sequence[TableContainer],
    geometry: ArmGeometry,
) -> tuple[TableItem, ...]:
    """Strew clutter about the table, beyond the arm's reach too, outside of containers.

    Items may lie on it. A piece that finds no place in many tries is left out.
    """
    laid: list[TableItem] = []
    names = list(CLUTTER)
    for _ in range(n_clutter):
        one = make_item(rng, names[int(rng.integers(len(names)))], (0.0, 0.0))
        servo = np.stack([rng.uniform(*span, _TRIES) for span in _CLUTTER_SERVO_PW], axis=1)
        for x, y in table_from_servo(servo, CAMERA, geometry):
            place = (float(x), float(y))
            if all(
                distance_px(place, other.centre_xy_px) > one.radius_px + other.radius_px
                for other in containers
            ):
                laid.append(replace(one, centre_xy_px=place))
                break
    return tuple(laid)


def _free_names(rng: np.random.Generator, wishes: Wishes, contained: Sequence[str]) -> list[str]:
    """Return the kinds of what lies free, so that all kinds come up as evenly as can be."""
    if wishes.n_items == 0:
        return []
    wanted = Counter(str(name) for name in np.resize(_shuffled(rng, wishes.kinds), wishes.n_items))
    wanted.subtract(Counter(contained))
    names = _shuffled(rng, list(wanted.elements()))
    return names[: wishes.n_items - len(contained)]


def _shuffled(rng: np.random.Generator, names: Sequence[str]) -> list[str]:
    return [names[int(i)] for i in rng.permutation(len(names))]


@dataclass(slots=True)
class _Table:
    """The free items of a table that is being laid, and which lie over which."""

    rng: np.random.Generator
    ground: _FreeGround
    geometry: ArmGeometry
    containers: Sequence[TableContainer]
    items: list[TableItem] = field(default_factory=list)
    over: list[tuple[int, int]] = field(default_factory=list)

    def lay(self, item: TableItem, *, is_leaning: bool, is_over: bool) -> bool:
        """Lay one more item, alone where it cannot lean; return whether it found room."""
        if is_leaning and self.items and self._lay_by_another(item, is_over=is_over):
            return True
        laid = self.ground.lay(item)
        if laid is not None:
            self.items.append(laid)
        return laid is not None

    def in_order(self, held: Sequence[TableItem]) -> tuple[TableItem, ...]:
        """Return all items by chance, but each after the one that it lies over."""
        place = [int(k) for k in self.rng.permutation(len(self.items) + len(held))]
        for lower, upper in self.over:
            low, high = sorted((place[lower], place[upper]))
            place[lower], place[upper] = low, high
        every = [*self.items, *held]
        return tuple(every[i] for i in np.argsort(place))

    def _lay_by_another(self, item: TableItem, *, is_over: bool) -> bool:
        taken = {i for pair in self.over for i in pair} if is_over else set()
        choice = [i for i in range(len(self.items)) if i not in taken]
        for _ in range(_TRIES if choice else 0):
            number = choice[int(self.rng.integers(len(choice)))]
            lower = self.items[number]
            laid = self._pushed(lower, item, is_over=is_over)
            others = [other for i, other in enumerate(self.items) if i != number]
            if _may_meet(lower, laid, is_over=is_over) and self._has_room(laid, others):
                if is_over:
                    self.over.append((number, len(self.items)))
                self.ground.keep_off(laid.centre_xy_px, laid.radius_px)
                self.items.append(laid)
                return True
        return False

    def _pushed(self, lower: TableItem, item: TableItem, *, is_over: bool) -> TableItem:
        toward = float(self.rng.uniform(0, 2 * np.pi))
        aside = float(self.rng.uniform(-0.3, 0.3)) * lower.length_px
        if not is_over:
            return replace(item, centre_xy_px=place_against(lower, item, toward, aside))
        share = float(self.rng.uniform(_LEAST_HIDDEN, MOST_HIDDEN - COUNTING_ERROR))
        return replace(item, centre_xy_px=place_over(lower, item, toward, aside, share))

    def _has_room(self, item: TableItem, others: Sequence[TableItem]) -> bool:
        servo0, servo1 = servo_from_table([item.centre_xy_px], CAMERA, self.geometry)[0]
        if not (
            ITEM_SERVO0_PW[0] <= servo0 <= ITEM_SERVO0_PW[1]
            and ITEM_SERVO1_PW[0] <= servo1 <= ITEM_SERVO1_PW[1]
        ):
            return False
        rounds = [(one.centre_xy_px, one.clearance_px) for one in self.containers]
        rounds += [(one.centre_xy_px, one.radius_px) for one in others]
        return all(
            distance_px(item.centre_xy_px, centre) > item.radius_px + radius + GAP_PX
            for centre, radius in rounds
        )


def _may_meet(lower: TableItem, laid: TableItem, *, is_over: bool) -> bool:
    """Whether an item neither hides too much of another one nor lies centre on centre with it."""
    most = MOST_HIDDEN if is_over else MOST_SHARED
    apart_px = distance_px(lower.centre_xy_px, laid.centre_xy_px)
    return apart_px > LEAST_APART_PX and hidden_share(lower, laid) <= most - COUNTING_ERROR


def _places_in_reach(rng: np.random.Generator, n: int, geometry: ArmGeometry) -> PositionArray:
    servo = np.stack([rng.uniform(*ITEM_SERVO0_PW, n), rng.uniform(*ITEM_SERVO1_PW, n)], axis=1)
    return table_from_servo(servo, CAMERA, geometry)


class _FreeGround:
    """Places in the arm's reach, and how much room there is around each."""

    def __init__(self, places: PositionArray, containers: Sequence[TableContainer]) -> None:
        self._places = places
        self._room_px = np.full(len(places), np.inf)
        for container in containers:
            self.keep_off(container.centre_xy_px, container.clearance_px)

    def lay(self, item: TableItem) -> TableItem | None:
        """Return the item at the first place that has room for it, ``None`` where none has."""
        has_room = self._room_px > item.radius_px + GAP_PX
        if not has_room.any():
            return None
        x, y = self._places[int(np.argmax(has_room))]
        self.keep_off((float(x), float(y)), item.radius_px)
        return replace(item, centre_xy_px=(float(x), float(y)))

    def keep_off(self, xy_px: Xy, radius_px: float) -> None:
        """Take a round piece of ground away."""
        apart = np.hypot(*(self._places - xy_px).T)
        np.minimum(self._room_px, apart - radius_px, out=self._room_px)
