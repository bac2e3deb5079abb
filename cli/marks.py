"""What a plan says of each thing, ready to be drawn: where it lies, its name and its colour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cli.canvas import GREY, Colour, colour_of, letter_of
from sorter.geometry import servo_from_pixel
from sorter.types import ArmGeometry, ImageSize


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """One item or container of a plan.

    Attributes:
        name: A container's letter, or an item's place in the order of execution; empty for an
            item that is set aside.
        quad_pw: ``(4, 2)`` the corners of its box, in the arm's frame.
        centre_pw: ``(2,)`` its place in the arm's frame.
        target: The number of the container that it goes to; ``None`` for containers and items
            that are set aside.
    """

    name: str
    colour: Colour
    quad_pw: NDArray[np.float64]
    centre_pw: NDArray[np.float64]
    images: frozenset[str]
    target: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """All that a plan says of a table."""

    items: tuple[Mark, ...]
    containers: tuple[Mark, ...]
    reasons: Mapping[str, int]
    """How many items were set aside, by reason."""


def marks_from_plan(
    plan: Mapping[str, Any],
    positions_by_image: Mapping[str, float],
    geometry: ArmGeometry,
    size: ImageSize,
) -> Marks:
    """Read a plan document.

    Args:
        positions_by_image: Where each picture was taken, by the id that the gateway gave it.
    """
    commands = {command["item"]: command for command in plan["commands"]}

    def read(thing: Mapping[str, Any], name: str, colour: Colour, target: int | None) -> Mark:
        x_min, y_min, x_max, y_max = thing["crop"]["xyxy_px"]
        corners = [[x_min, y_min], [x_max, y_min], [x_max, y_max], [x_min, y_max]]
        taken_at_pw = positions_by_image[thing["crop"]["image_id"]]
        place = thing["position"]
        return Mark(
            name,
            colour,
            servo_from_pixel(corners, taken_at_pw, size, geometry),
            np.array([place["servo0_pw"], place["servo1_pw"]]),
            frozenset(image_id for image_id, _ in thing["sightings"]),
            target,
        )

    def read_item(number: int, item: Mapping[str, Any]) -> Mark:
        command = commands.get(number)
        if command is None:
            return read(item, "", GREY, None)
        container = int(command["container"])
        return read(item, str(int(command["order"]) + 1), colour_of(container), container)

    reasons = [str(aside["reason"]) for aside in plan["set_aside"]]
    return Marks(
        tuple(read_item(number, item) for number, item in enumerate(plan["items"])),
        tuple(
            read(container, letter_of(number), colour_of(number), None)
            for number, container in enumerate(plan["containers"])
        ),
        {reason: reasons.count(reason) for reason in sorted(set(reasons))},
    )
