"""Commands for the arm, and the document in which a robot reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from sorter.errors import InvalidInputError
from sorter.geometry import travel_pw
from sorter.ordering import shortest_order
from sorter.types import (
    Arm,
    ArmLimits,
    Command,
    Container,
    Item,
    Plan,
    PositionArray,
    ServoPosition,
)

HOME_SERVO0_PW = 1500.0
"""The middle of a hobby servo's range, and so of the table."""

DECIMALS = 6
"""Of the document's numbers: far finer than a servo, coarser than what machines round apart."""


def home_of(arm: Arm) -> ServoPosition:
    """Return where an arm is taken to rest: its base in the middle, drawn in."""
    return ServoPosition(HOME_SERVO0_PW, arm.geometry.dist_min_pw)


def is_reachable(position: ServoPosition, limits: ArmLimits) -> bool:
    """Whether the arm may be sent to a place; the limits themselves are in reach."""
    return (
        limits.servo0_min_pw <= position.servo0_pw <= limits.servo0_max_pw
        and limits.servo1_min_pw <= position.servo1_pw <= limits.servo1_max_pw
    )


def order_commands(
    commands: Sequence[Command], home: ServoPosition, limits: ArmLimits
) -> tuple[Command, ...]:
    """Return the commands in the order of the shortest servo travel from ``home``.

    Raises:
        InvalidInputError: A command leads to where the arm must not be sent.
    """
    for command in commands:
        _check_reach(command, limits)
    drops = dict(sorted((command.container, command.drop) for command in commands))
    order = shortest_order(
        position_array([home])[0],
        position_array(command.pick for command in commands),
        position_array(drops.values()),
        np.searchsorted(list(drops), [command.container for command in commands]),
    )
    return tuple(commands[number] for number in order)


def total_travel_pw(commands: Sequence[Command], home: ServoPosition) -> float:
    """Return the servo travel of commands carried out in their order from ``home``."""
    stops = [stop for command in commands for stop in (command.pick, command.drop)]
    way = position_array([home, *stops])
    return float(travel_pw(way[:-1], way[1:]).sum())


def position_array(positions: Iterable[ServoPosition]) -> PositionArray:
    """Return places as ``(n, 2)`` float64 servo 0 and servo 1 pulse widths."""
    rows = [(position.servo0_pw, position.servo1_pw) for position in positions]
    return np.array(rows, np.float64).reshape(-1, 2)


def plan_document(plan: Plan, models: Mapping[str, str]) -> dict[str, Any]:
    """Write a plan down as plain JSON values; equal plans give equal documents, key by key.

    Args:
        plan: What to write.
        models: Name and version of the networks, as ``{"detector": "name@version", ...}``.
    """
    return {
        "arm_id": plan.arm_id,
        "calibration_id": plan.calibration_id,
        "frame": "servo_pulse_width",
        "units": {"servo": "us"},
        "models": dict(sorted(models.items())),
        "commands": [_command(order, command) for order, command in enumerate(plan.commands)],
        "items": [{"item": number, **_thing(item)} for number, item in enumerate(plan.items)],
        "containers": [
            {"container": number, **_thing(container)}
            for number, container in enumerate(plan.containers)
        ],
        "set_aside": [{"item": one.item, "reason": one.reason.value} for one in plan.set_aside],
        "travel_pw": _number(plan.travel_pw),
        "flags": [flag.value for flag in plan.flags],
    }


def _command(order: int, command: Command) -> dict[str, Any]:
    return {
        "order": order,
        "item": command.item,
        "container": command.container,
        "cluster": command.cluster,
        "pick": _position(command.pick),
        "drop": _position(command.drop),
        "confidence": _number(command.confidence),
        "margin": _number(command.margin),
        "is_unsure": command.is_unsure,
    }


def _thing(thing: Item | Container) -> dict[str, Any]:
    return {
        "position": _position(thing.position),
        "score": _number(thing.score),
        "crop": {
            "image_id": thing.crop.image_id,
            "xyxy_px": [_number(side) for side in thing.crop.xyxy_px],
        },
        "n_sightings": len(thing.sightings),
        "sightings": [[image_id, row] for image_id, row in thing.sightings],
    }


def _position(position: ServoPosition) -> dict[str, float]:
    return {
        "servo0_pw": _number(position.servo0_pw),
        "servo1_pw": _number(position.servo1_pw),
    }


def _number(value: float) -> float:
    """Round a number, and turn -0.0 into 0.0, which compare alike and read apart."""
    return round(float(value), DECIMALS) + 0.0


def _check_reach(command: Command, limits: ArmLimits) -> None:
    for position in (command.pick, command.drop):
        if not is_reachable(position, limits):
            raise InvalidInputError(f"{position} lies beyond the arm's {limits}")
