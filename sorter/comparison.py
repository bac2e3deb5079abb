"""What two plans of one table differ in, as the documents that robots read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from sorter.geometry import table_from_servo
from sorter.types import ArmGeometry, ImageSize, PositionArray

Document = Mapping[str, Any]

SAME_PX = 60.0
"""Two models frame one thing differently: their centres lie within so many pixels on the table."""


def compare_plans(
    before: Document, after: Document, size: ImageSize, geometry: ArmGeometry
) -> dict[str, Any]:
    """Say what a plan changes of another one of the same table, as plain JSON values.

    Things are the same where they lie, one to one, within :data:`SAME_PX`; what the networks call
    them, and the order of commands, does not count.

    Returns:
        ``kept``, ``moved`` (to another container), ``lost`` and ``gained`` (commands), a sentence
        for each item; and how many items, containers and commands there were and are.
    """
    items = _same(before, after, "items", size, geometry)
    containers = _same(before, after, "containers", size, geometry)
    was, will = _containers_of(before), _containers_of(after)
    told: dict[str, Any] = {"kept": [], "moved": [], "lost": [], "gained": []}
    for item, container in sorted(was.items()):
        to = will.get(items.get(item, -1))
        told[_fate(containers.get(container), to)].append(_sentence(before, item, container, to))
    known = {other for item, other in items.items() if item in was}
    for item in sorted(set(will) - known):
        told["gained"].append(_sentence(after, item, None, will[item]))
    counts = {f"n_{kind}": len(after[kind]) for kind in _COUNTED}
    return told | counts | {f"n_{kind}_before": len(before[kind]) for kind in _COUNTED}


_COUNTED = ("items", "containers", "commands")


def _fate(same_container: int | None, container: int | None) -> str:
    if container is None:
        return "lost"
    return "kept" if container == same_container else "moved"


def _containers_of(plan: Document) -> dict[int, int]:
    """Return the container that each item with a command goes to."""
    return {command["item"]: command["container"] for command in plan["commands"]}


def _same(
    before: Document, after: Document, kind: str, size: ImageSize, geometry: ArmGeometry
) -> dict[int, int]:
    """Return for things of one plan the numbers of the same ones in the other."""
    places = [_places(plan[kind], size, geometry) for plan in (before, after)]
    if not all(len(some) for some in places):
        return {}
    apart_px = np.hypot(*(places[0][:, None] - places[1]).transpose(2, 0, 1))
    rows, columns = linear_sum_assignment(np.minimum(apart_px, 2 * SAME_PX))
    near: NDArray[np.bool_] = apart_px[rows, columns] <= SAME_PX
    return dict(zip(rows[near].tolist(), columns[near].tolist(), strict=True))


def _places(things: Sequence[Document], size: ImageSize, geometry: ArmGeometry) -> PositionArray:
    servo = [(one["position"]["servo0_pw"], one["position"]["servo1_pw"]) for one in things]
    return table_from_servo(np.array(servo, np.float64).reshape(-1, 2), size, geometry)


def _sentence(plan: Document, item: int, was: int | None, to: int | None) -> str:
    position = plan["items"][item]["position"]
    at = f"{position['servo0_pw']:.0f}, {position['servo1_pw']:.0f} µs"
    if was is None:
        return f"The item at {at} is picked now, to container {_number(to)}."
    if to is None:
        return f"The item at {at} is not picked any more; it went to container {_number(was)}."
    return f"The item at {at} goes to container {_number(to)}; it went to container {_number(was)}."


def _number(container: int | None) -> str:
    """Return a container's number as people count."""
    return "none" if container is None else str(container + 1)
