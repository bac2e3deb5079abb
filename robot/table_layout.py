"""Laying a table by chance: where containers lie, and all the rest between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from robot.table import Scene, TableContainer
from robot.table_contents import MOST_CONTAINED, WALL_PX, Wishes, distance_px
from robot.table_items import (
    CAMERA,
    GAP_PX,
    ITEM_SERVO0_PW,
    ITEM_SERVO1_PW,
    lay_clutter,
    lay_items,
)
from robot.table_looks import make_container, make_light, make_optics, make_seed, make_surface
from sorter.errors import InvalidInputError
from sorter.geometry import table_from_servo
from sorter.types import ArmGeometry

__all__ = [
    "CAMERA",
    "CONTAINER_SERVO0_PW",
    "ITEM_SERVO0_PW",
    "ITEM_SERVO1_PW",
    "WALL_PX",
    "make_scene",
]

CONTAINER_SERVO0_PW = (900.0, 1900.0)

_LEAN = 0.985  # cosine of the most that a container stands aside in the best of its views
_TRIES = 60
_LAYOUTS = 25


def make_scene(
    rng: np.random.Generator,
    *,
    n_items: int,
    kinds: Sequence[str],
    n_containers: int,
    n_contained: int = 0,
    geometry: ArmGeometry | None = None,
    touching: float = 0.0,
    covered: float = 0.0,
    n_clutter: int = 0,
) -> Scene:
    """Lay a table.

    Free items lie in the arm's reach, clear of every container's bounding square as seen from
    any position, and of each other but where they touch or cover as asked; containers do not
    overlap, and each is whole in a view. Whatever lies in one container is of one kind, and no
    two containers hold the same kind.

    Args:
        n_items: Of all items, those in containers included.
        kinds: The names to choose from; each comes up as evenly as the number allows.
        n_contained: How many of the items lie in containers already, five in one at most.
        touching: The share of free items that are laid against another one, in 0 to 1.
        covered: The share of free items that are laid partly over another one, which stays
            visible by 65% at least, in 0 to 1.
        n_clutter: Pieces of what is neither item nor container.

    Raises:
        InvalidInputError: The numbers contradict each other, or so much has no room.
    """
    if n_contained and not n_containers:
        raise InvalidInputError("items in containers need items, containers and kinds")
    if n_clutter < 0:
        raise InvalidInputError("clutter counts from 0")
    geometry = geometry or ArmGeometry()
    wishes = Wishes(n_items, kinds, n_contained, touching, covered)
    has_homes = n_contained <= MOST_CONTAINED * min(len(set(kinds)), n_containers)
    for _ in range(_LAYOUTS if has_homes else 0):
        containers = _lay_containers(rng, n_containers, geometry)
        if containers is None:
            continue
        items = lay_items(rng, wishes, containers, geometry)
        if items is None:
            continue
        clutter = lay_clutter(rng, n_clutter, containers, geometry)
        looks = (make_surface(rng), make_light(rng), make_optics(rng), make_seed(rng))
        return Scene(items, containers, *looks, clutter=clutter)
    raise InvalidInputError(
        f"{n_items} items and {n_containers} containers find no room on the table"
    )


def _lay_containers(
    rng: np.random.Generator, n_containers: int, geometry: ArmGeometry
) -> tuple[TableContainer, ...] | None:
    laid: list[TableContainer] = []
    for _ in range(n_containers):
        one = next(
            (
                c
                for c in (_loose_container(rng, geometry) for _ in range(_TRIES))
                if _is_clear(c, laid)
            ),
            None,
        )
        if one is None:
            return None
        laid.append(one)
    return tuple(laid)


def _loose_container(rng: np.random.Generator, geometry: ArmGeometry) -> TableContainer:
    near_px = geometry.radius_px - CAMERA.height_px / 2
    far_px = geometry.radius_px + CAMERA.height_px / 2
    one = make_container(rng, (0.0, 0.0))
    r = one.radius_px + 4
    distance = rng.uniform((near_px + r) / _LEAN, far_px - r)
    servo0 = rng.uniform(*CONTAINER_SERVO0_PW)
    ahead = table_from_servo([(servo0, geometry.dist_min_pw)], CAMERA, geometry)[0]
    x, y = ahead * (distance / np.hypot(*ahead))
    return replace(one, centre_xy_px=(float(x), float(y)))


def _is_clear(one: TableContainer, laid: Sequence[TableContainer]) -> bool:
    return all(
        distance_px(one.centre_xy_px, other.centre_xy_px) > one.radius_px + other.radius_px + GAP_PX
        for other in laid
    )
