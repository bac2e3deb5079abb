"""Things that are pushed aside while nobody looks."""

from __future__ import annotations

import numpy as np

from robot.table import Scene, Xy
from robot.table_layout import CAMERA, ITEM_SERVO0_PW, ITEM_SERVO1_PW
from sorter.geometry import servo_from_table
from sorter.types import ArmGeometry

BUMP_PX = (60.0, 150.0)
"""How far a bumped item slides: about its own length or two."""

_TRIES = 40


def bump(scene: Scene, n_items: int, rng: np.random.Generator) -> Scene:
    """Return a table on which that many free items, or all, were pushed aside.

    An item slides to where items are laid at all, where no other item's middle lies within a
    length of its own, and outside every container; one that has no such place near it stays.
    """
    free = [number for number, item in enumerate(scene.items) if item.contained_in is None]
    for number in rng.permutation(free)[:n_items].tolist():
        places = (_pushed(scene.items[number].centre_xy_px, rng) for _ in range(_TRIES))
        place = next((place for place in places if _has_room(scene, number, place)), None)
        if place is not None:
            scene = scene.with_item_at(number, place, None)
    return scene


def _pushed(xy_px: Xy, rng: np.random.Generator) -> Xy:
    way, angle = rng.uniform(*BUMP_PX), rng.uniform(0, 2 * np.pi)
    return float(xy_px[0] + way * np.cos(angle)), float(xy_px[1] + way * np.sin(angle))


def _has_room(scene: Scene, number: int, place: Xy) -> bool:
    item = scene.items[number]
    others = [other.centre_xy_px for n, other in enumerate(scene.items) if n != number]
    is_free = all(np.hypot(x - place[0], y - place[1]) > item.length_px for x, y in others)
    servo0_pw, servo1_pw = servo_from_table([place], CAMERA, ArmGeometry())[0]
    is_near = ITEM_SERVO0_PW[0] <= servo0_pw <= ITEM_SERVO0_PW[1]
    is_near &= ITEM_SERVO1_PW[0] <= servo1_pw <= ITEM_SERVO1_PW[1]
    return bool(is_free and is_near) and all(
        container.depth_px(place) < -item.radius_px for container in scene.containers
    )
