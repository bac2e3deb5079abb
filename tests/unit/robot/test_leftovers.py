from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from robot.arm import Deed, VirtualArm
from robot.leftovers import (
    BESIDE,
    NO_CONTAINER_LEFT,
    NOT_FOUND,
    UNDER,
    WRONG_CONTAINER,
    explain_leftovers,
)
from robot.session import SessionReport
from robot.table import Scene, TableItem
from robot.table_layout import CAMERA
from sorter.geometry import servo_from_table
from tests.unit.robot.scenes import make_small_scene

EMPTY = replace(make_small_scene(), items=())


def coin(x: float, kind: str = "coin", contained_in: int | None = None) -> TableItem:
    return TableItem(kind, (x, 1500.0), 0.0, 80.0, 1, contained_in)


def table(*items: TableItem) -> Scene:
    return replace(EMPTY, items=items)


def position(x: float) -> dict[str, float]:
    servo0_pw, servo1_pw = servo_from_table([(x, 1500.0)], CAMERA, arm_at(EMPTY).truth)[0].tolist()
    return {"servo0_pw": servo0_pw, "servo1_pw": servo1_pw}


def arm_at(scene: Scene) -> VirtualArm:
    return VirtualArm("ARM001", scene, np.random.default_rng(0))


def why(
    before: Scene, after: Scene | None = None, deeds: tuple[Deed, ...] = (), **plan: Any
) -> list[str]:
    """Return what is told of each item that is not right after one pass."""
    arm = arm_at(before)
    arm.scene = after or before
    placements = tuple(arm.load_placements())
    document = {"commands": [], "items": [], "set_aside": [], **plan}
    report = SessionReport("s", document, {}, {}, before, arm.scene, deeds, placements)
    return [one.why for one in explain_leftovers(arm, [report])]


def test_what_lies_in_its_kinds_container_needs_no_word():
    before = table(coin(0.0), coin(300.0))
    assert why(before, table(coin(0.0, contained_in=1), coin(0.0, contained_in=1))) == []


def test_what_lies_in_another_kinds_container_is_in_the_wrong_one():
    before = table(coin(0.0), coin(100.0), coin(200.0), coin(300.0, "key"))
    after = table(*[replace(item, contained_in=0) for item in before.items])
    assert why(before, after) == [WRONG_CONTAINER]
    both = table(*[replace(item, contained_in=0) for item in before.items[:3]], coin(0, "key"))
    assert why(before, both) == [NOT_FOUND]


def test_a_kind_beyond_the_containers_is_told_so():
    kinds = ("coin", "coin", "key", "key", "nail")
    before = table(*[coin(200.0 * n, kind) for n, kind in enumerate(kinds)])
    places = (0, 0, 1, 1, 1)
    after = table(
        *[replace(item, contained_in=n) for item, n in zip(before.items, places, strict=True)]
    )
    assert why(before, after) == [NO_CONTAINER_LEFT]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("unsure", "unsure and left"),
        ("out_of_reach", "out of reach"),
        ("in_container", "taken to lie in a container"),
        ("something_new", "something new"),
    ],
)
def test_an_item_that_the_plan_set_aside_is_told_with_the_plans_reason(reason, words):
    found = [{"position": position(5.0)}]
    assert why(table(coin(0.0)), items=found, set_aside=[{"item": 0, "reason": reason}]) == [words]


def test_an_item_of_the_plan_elsewhere_explains_nothing():
    found = [{"position": position(200.0)}]
    aside = [{"item": 0, "reason": "out_of_reach"}]
    assert why(table(coin(0.0)), items=found, set_aside=aside) == [NOT_FOUND]


def test_picks_that_went_beside_an_item_are_counted():
    commands = [{"order": 0, "pick": position(40.0)}]
    told = why(table(coin(0.0), coin(400.0)), deeds=(Deed(0, None),), commands=commands)
    assert told == ["missed once", NOT_FOUND]


def test_what_was_let_go_beside_a_container_is_told():
    moved = table(coin(500.0))
    assert why(table(coin(0.0)), moved, deeds=(Deed(0, 0, landed_in=None),)) == [BESIDE]


def test_what_nobody_found_lies_under_another_thing_or_not():
    assert why(table(coin(0.0), coin(20.0), coin(400.0))) == [UNDER, NOT_FOUND, NOT_FOUND]
