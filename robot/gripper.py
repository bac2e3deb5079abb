"""Which of the things on the table a gripper's jaws close around."""

from __future__ import annotations

from robot.outlines import hidden_share
from robot.table import Scene, TableItem, Xy
from robot.table_contents import MOST_SHARED, distance_px

GRIP_REACH_PX = 30.0
"""How far from an item's true centre the gripper may come down and still take hold of it.

Half the length of the shortest item, 60 px: beyond that the jaws close beside it.
Source: docs/adr/0008-virtual-gripper.md.
"""


def item_gripped(scene: Scene, place: Xy) -> int | None:
    """Return the number of the item that a gripper takes which comes down at a place.

    That is the item whose centre is nearest, or what lies over that one with its centre in
    reach too, and so on up a pile; ``None`` where no item's centre is in reach.
    """
    apart_px = [distance_px(item.centre_xy_px, place) for item in scene.items]
    height = {number: k for k, number in enumerate(scene.items_from_below)}
    in_reach = [i for i, distance in enumerate(apart_px) if distance <= GRIP_REACH_PX]
    nearest_first = sorted(in_reach, key=lambda i: apart_px[i])
    taken: int | None = None
    above = nearest_first
    while above:
        taken = above[0]
        above = [
            i
            for i in nearest_first
            if height[i] > height[taken] and _overlap(scene.items[taken], scene.items[i])
        ]
    return taken


def _overlap(lower: TableItem, upper: TableItem) -> bool:
    """Whether two items share more ground than such as only touch."""
    return max(hidden_share(lower, upper), hidden_share(upper, lower)) > MOST_SHARED
