"""Why items are not where they belong, in words, by the truth that no robot ever sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from robot.arm import VirtualArm
from robot.gripper import GRIP_REACH_PX
from robot.judge import is_right, match_kinds
from robot.session import SessionReport
from robot.table import Scene, Xy
from robot.table_layout import CAMERA
from sorter.geometry import table_from_servo
from sorter.types import ServoPosition

WRONG_CONTAINER = "in the wrong container"
NO_CONTAINER_LEFT = "in a container, where none is left for its kind"
BESIDE = "came to rest beside its container"
UNDER = "under another thing"
NOT_FOUND = "not found"

_ASIDE_WORDS = {
    "in_container": "taken to lie in a container",
    "unconfirmed": "seen by too few of the pictures",
    "faint": "hardly seen, and taken for nothing",
    "no_container": "no container was found",
    "container_out_of_reach": "its container is out of reach",
    "unsure": "unsure and left",
}

_MEANT_PX = 3 * GRIP_REACH_PX
"""How far from an item a pick that took nothing may have gone and still have meant that item."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """An item that lay free at the start and is not in its kind's container; ``why`` in words."""

    item: int
    kind: str
    why: str


def explain_leftovers(arm: VirtualArm, passes: Sequence[SessionReport]) -> tuple[Leftover, ...]:
    """Say of every item that is not right what has become of it, by item."""
    placements = passes[-1].placements
    kind_of_container = match_kinds(placements)
    has_spare = len(kind_of_container) < len(passes[-1].after.containers)
    left = []
    for item, placement in enumerate(placements):
        if not placement.was_free or is_right(placement, kind_of_container):
            continue
        if placement.container is not None:
            has_container = has_spare or placement.kind in kind_of_container.values()
            why = WRONG_CONTAINER if has_container else NO_CONTAINER_LEFT
        else:
            why = _why_on_table(arm, passes, item)
        left.append(Leftover(item, placement.kind, why))
    return tuple(left)


def _why_on_table(arm: VirtualArm, passes: Sequence[SessionReport], item: int) -> str:
    last = passes[-1]
    if any(deed.item == item for deed in last.deeds):
        return BESIDE
    found = _found_as(arm, last, item)
    reasons = {int(one["item"]): str(one["reason"]) for one in last.plan.get("set_aside", ())}
    if found in reasons:
        return _ASIDE_WORDS.get(reasons[found], reasons[found].replace("_", " "))
    n_missed = sum(_n_missed(arm, report, item) for report in passes)
    if n_missed:
        return f"missed {n_missed} times" if n_missed > 1 else "missed once"
    return UNDER if _is_covered(last.before, item) else NOT_FOUND


def _found_as(arm: VirtualArm, report: SessionReport, item: int) -> int | None:
    """Return the plan's item that stands for a true one: the nearest within its circle."""
    thing = report.before.items[item]
    apart_px = [
        _distance_px(_place(arm, one["position"]), thing.centre_xy_px)
        for one in report.plan.get("items", ())
    ]
    if not apart_px or min(apart_px) > thing.radius_px:
        return None
    return int(np.argmin(apart_px))


def _n_missed(arm: VirtualArm, report: SessionReport, item: int) -> int:
    """Return how many of a pass' picks took nothing and went nearest to an item."""
    centres = [one.centre_xy_px for one in report.before.items]
    picks = {int(command["order"]): command["pick"] for command in report.plan["commands"]}
    n_missed = 0
    for deed in report.deeds:
        if deed.item is None:
            place = _place(arm, picks[deed.order])
            apart_px = [_distance_px(place, centre) for centre in centres]
            n_missed += int(np.argmin(apart_px)) == item and min(apart_px) <= _MEANT_PX
    return n_missed


def _is_covered(scene: Scene, item: int) -> bool:
    """Whether a thing that lies higher reaches over an item's middle."""
    centre = scene.items[item].centre_xy_px
    above = scene.items_from_below[scene.items_from_below.index(item) + 1 :]
    return any(
        _distance_px(scene.items[i].centre_xy_px, centre) < scene.items[i].radius_px for i in above
    )


def _place(arm: VirtualArm, position: Mapping[str, Any]) -> Xy:
    servo = ServoPosition(**position)
    x, y = table_from_servo([[servo.servo0_pw, servo.servo1_pw]], CAMERA, arm.truth)[0]
    return float(x), float(y)


def _distance_px(a: Xy, b: Xy) -> float:
    return float(np.hypot(a[0] - b[0], a[1] - b[1]))
