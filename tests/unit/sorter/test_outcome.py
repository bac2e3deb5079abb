from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sorter.geometry import servo_from_table
from sorter.outcome import REST_PX, outcomes_of
from sorter.types import ArmGeometry
from tests.strategies import CAMERA

SIDE_PX = 80.0
GEOMETRY = ArmGeometry()
CONTAINER_XY = (600.0, 1300.0)
CONTAINER_SIDE_PX = 200.0

# On a grid that is wider than any reach, so that who is meant is never in doubt.
spots = st.lists(st.integers(0, 35), min_size=1, max_size=8, unique=True)


def place(x: float, y: float) -> dict[str, float]:
    servo0, servo1 = servo_from_table([[x, y]], CAMERA, GEOMETRY)[0].tolist()
    return {"servo0_pw": servo0, "servo1_pw": servo1}


def thing(name: str, number: int, xy: tuple[float, float], side_px: float) -> dict[str, Any]:
    crop = {"xyxy_px": [0.0, 0.0, side_px, side_px * 1.3]}
    return {name: number, "position": place(*xy), "crop": crop}


def spot(number: int) -> tuple[float, float]:
    return (-500.0 + 140 * (number % 6), 1000.0 + 140 * (number // 6))


def plan(places: list[tuple[float, float]], n_contained: int = 0) -> dict[str, Any]:
    """Return a plan that drops every free item into the one container."""
    n_free = len(places) - n_contained
    return {
        "items": [thing("item", i, xy, SIDE_PX) for i, xy in enumerate(places)],
        "containers": [thing("container", 0, CONTAINER_XY, CONTAINER_SIDE_PX)],
        "set_aside": [{"item": i, "reason": "in_container"} for i in range(n_free, len(places))],
        "commands": [
            {
                "order": order,
                "item": item,
                "container": 0,
                "pick": place(*places[item]),
                "drop": place(*CONTAINER_XY),
            }
            for order, item in enumerate(reversed(range(n_free)))
        ],
    }


@given(spots, st.data())
def test_each_command_became_what_its_item_became(numbers: list[int], data: st.DataObject) -> None:
    fate = [data.draw(st.sampled_from(["picked", "missed"])) for _ in numbers]
    shake = st.floats(-REST_PX / 2, REST_PX / 2)
    left, contained = [], []
    for number, became in zip(numbers, fate, strict=True):
        if became == "missed":
            x, y = spot(number)
            left.append((x + data.draw(shake), y + data.draw(shake)))
        else:
            contained.append(CONTAINER_XY)
    before = plan([spot(number) for number in numbers])
    after = plan([*left, *contained], n_contained=len(contained))
    became_of = {
        command["item"]: one.result
        for command, one in zip(
            before["commands"], outcomes_of(before, after, CAMERA, GEOMETRY), strict=True
        )
    }
    assert [became_of[item] for item in range(len(numbers))] == fate


@given(st.floats(0, 2 * np.pi))
def test_what_slid_off_beside_its_container_was_dropped(angle: float) -> None:
    reach_px = CONTAINER_SIDE_PX * 0.8
    beside = (
        CONTAINER_XY[0] + reach_px * float(np.cos(angle)),
        CONTAINER_XY[1] + reach_px * float(np.sin(angle)),
    )
    before = plan([spot(0), spot(1)])
    after = plan([beside, CONTAINER_XY], n_contained=1)
    results = sorted(one.result for one in outcomes_of(before, after, CAMERA, GEOMETRY))
    assert results == ["dropped", "picked"], "one thing lies beside, so one was dropped"


def test_what_lies_far_from_the_container_was_dropped_by_no_command() -> None:
    before, after = plan([spot(0)]), plan([spot(30)])
    [one] = outcomes_of(before, after, CAMERA, GEOMETRY)
    assert (one.result, one.note) == ("picked", None)


def test_a_plan_without_commands_has_no_outcomes() -> None:
    assert outcomes_of(plan([]), plan([spot(3)]), CAMERA, GEOMETRY) == []


def test_an_item_that_lay_where_another_one_lies_now_is_told_from_it() -> None:
    """Two lie side by side; the one that was picked is not taken for its neighbour."""
    here, beside = (0.0, 1500.0), (70.0, 1500.0)
    before, after = plan([here, beside]), plan([beside, CONTAINER_XY], n_contained=1)
    results = {
        command["item"]: one.result
        for command, one in zip(
            before["commands"], outcomes_of(before, after, CAMERA, GEOMETRY), strict=True
        )
    }
    assert results == {0: "picked", 1: "missed"}
