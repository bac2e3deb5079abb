"""What became of commands, by what lies on the table afterwards: after minus before.

An item that is free where it was picked was missed. One that has gone was picked, or dropped
where something new lies free beside the container that it was meant for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sorter.geometry import table_from_servo
from sorter.types import ArmGeometry, ImageSize, PositionArray, SetAsideReason

Document = Mapping[str, Any]
"""A plan, as :func:`sorter.commands.plan_document` writes it."""

REST_PX = 40.0
"""How far apart a resting thing may be placed by the sightings before and after.

Source: the gate of uncalibrated arms, docs/adr/0004-merge-gate.md.
"""

BESIDE = 1.5
"""Of a container's longer side: so far from its middle what was dropped beside it may lie."""


@dataclass(frozen=True, slots=True)
class Became:
    """What became of one command: ``result`` is ``picked``, ``missed`` or ``dropped``."""

    order: int
    result: str
    note: str | None


def outcomes_of(
    before: Document, after: Document, size: ImageSize, geometry: ArmGeometry
) -> list[Became]:
    """Return what became of each command of ``before``, in their order.

    Args:
        before: The plan that was carried out.
        after: The plan of the pictures that were taken then; its commands do not matter.
        size: Of the pictures of both.
    """
    was, now = _free(before), _free(after)
    was_xy, now_xy = (
        _places([item["position"] for item in items], size, geometry) for items in (was, now)
    )
    reach_px = np.array([REST_PX + _shorter_side(item) / 2 for item in was])
    rests = _pairs(was_xy, now_xy, reach_px)
    left = {was[i]["item"] for i in rests}
    gone = [command for command in before["commands"] if command["item"] not in left]
    new_xy = np.delete(now_xy, list(rests.values()), axis=0)
    beside = {gone[i]["order"] for i in _beside(gone, before, new_xy, size, geometry)}
    return [_became(command, left, beside) for command in before["commands"]]


def _became(command: Document, left: set[int], beside: set[int]) -> Became:
    order = command["order"]
    if command["item"] in left:
        return Became(order, "missed", "it lies where it lay before")
    if order in beside:
        return Became(order, "dropped", "something new lies beside its container")
    return Became(order, "picked", None)


def _free(plan: Document) -> list[Document]:
    """Return the items that lie in no container."""
    contained = {
        one["item"] for one in plan["set_aside"] if one["reason"] == SetAsideReason.IN_CONTAINER
    }
    return [item for item in plan["items"] if item["item"] not in contained]


def _beside(
    gone: Sequence[Document],
    before: Document,
    new_xy: PositionArray,
    size: ImageSize,
    geometry: ArmGeometry,
) -> dict[int, int]:
    """Return which of the commands has something new beside its container, at most one each."""
    longer_side = {
        container["container"]: _sides(container).max() for container in before["containers"]
    }
    drops_xy = _places([command["drop"] for command in gone], size, geometry)
    reach_px = np.array([BESIDE * longer_side[command["container"]] for command in gone])
    return _pairs(drops_xy, new_xy, reach_px)


def _pairs(
    from_xy: PositionArray, to_xy: PositionArray, reach_px: NDArray[np.float64]
) -> dict[int, int]:
    """Pair places, the nearest first, each once and none beyond its reach."""
    if not len(from_xy) or not len(to_xy):
        return {}
    far_px = np.hypot(*(from_xy[:, None] - to_xy[None]).transpose(2, 0, 1))
    found: dict[int, int] = {}
    for flat in np.argsort(far_px, axis=None, kind="stable").tolist():
        i, j = divmod(flat, len(to_xy))
        if far_px[i, j] <= reach_px[i] and i not in found and j not in found.values():
            found[i] = j
    return found


def _places(positions: Sequence[Document], size: ImageSize, geometry: ArmGeometry) -> PositionArray:
    rows = [(place["servo0_pw"], place["servo1_pw"]) for place in positions]
    return table_from_servo(np.array(rows, np.float64).reshape(-1, 2), size, geometry)


def _sides(thing: Document) -> NDArray[np.float64]:
    x_min, y_min, x_max, y_max = thing["crop"]["xyxy_px"]
    return np.array([x_max - x_min, y_max - y_min], np.float64)


def _shorter_side(thing: Document) -> float:
    return float(_sides(thing).min())
