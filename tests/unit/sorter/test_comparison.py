from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorter.commands import plan_document
from sorter.comparison import SAME_PX, compare_plans
from sorter.geometry import servo_from_table
from sorter.pipeline import sort_session
from sorter.types import Arm, ArmGeometry
from tests.unit.sorter.tables import SIZE, PhotographedTable, Thing, make_container

GEOMETRY = ArmGeometry()


def servo(x: float, y: float) -> dict[str, float]:
    ((servo0_pw, servo1_pw),) = servo_from_table([[x, y]], SIZE, GEOMETRY).tolist()
    return {"servo0_pw": servo0_pw, "servo1_pw": servo1_pw}


def make_plan(
    items: list[tuple[float, float]], containers: list[tuple[float, float]], goes: dict[int, int]
) -> dict[str, Any]:
    """Write a plan down: where things lie on the table, and the container of each item."""
    return {
        "items": [{"position": servo(*at)} for at in items],
        "containers": [{"position": servo(*at)} for at in containers],
        "commands": [{"item": item, "container": to} for item, to in goes.items()],
    }


ITEMS = [(-400.0, 1500.0), (0.0, 1400.0), (400.0, 1600.0)]
CONTAINERS = [(-200.0, 1900.0), (200.0, 1900.0)]
BEFORE = make_plan(ITEMS, CONTAINERS, {0: 0, 1: 1, 2: 1})


def fates(told: dict[str, Any]) -> dict[str, int]:
    return {kind: len(told[kind]) for kind in ("kept", "moved", "lost", "gained")}


@given(st.permutations(range(3)), st.permutations(range(2)), st.floats(-20, 20))
def test_numbers_and_small_shifts_change_nothing(
    items: list[int], containers: list[int], shift: float
) -> None:
    after = make_plan(
        [(ITEMS[i][0] + shift, ITEMS[i][1] + shift) for i in items],
        [CONTAINERS[c] for c in containers],
        {n: containers.index(BEFORE["commands"][i]["container"]) for n, i in enumerate(items)},
    )
    assert fates(compare_plans(BEFORE, after, SIZE, GEOMETRY)) == {
        "kept": 3,
        "moved": 0,
        "lost": 0,
        "gained": 0,
    }


def test_each_item_has_one_fate_and_each_sentence_names_place_and_containers() -> None:
    after = make_plan([ITEMS[0], ITEMS[1], (0.0, 1700.0)], CONTAINERS, {0: 1, 1: 1, 2: 0})
    told = compare_plans(BEFORE, after, SIZE, GEOMETRY)
    assert fates(told) == {"kept": 1, "moved": 1, "lost": 1, "gained": 1}
    assert told["moved"][0].endswith("goes to container 2; it went to container 1.")
    assert told["lost"][0].endswith("it went to container 2.")
    assert told["gained"][0].endswith("picked now, to container 1.")
    assert (told["n_commands"], told["n_commands_before"]) == (3, 3)


def test_an_item_whose_container_is_another_one_now_has_moved() -> None:
    after = make_plan(ITEMS, [CONTAINERS[0], (200.0, 1900.0 - 2 * SAME_PX)], {0: 0, 1: 1, 2: 1})
    assert fates(compare_plans(BEFORE, after, SIZE, GEOMETRY))["moved"] == 2


@pytest.mark.parametrize("kind", ["items", "containers"])
def test_where_a_model_finds_nothing_all_is_lost(kind: str) -> None:
    after = copy.deepcopy(BEFORE) | {kind: [], "commands": []}
    told = compare_plans(BEFORE, after, SIZE, GEOMETRY)
    assert fates(told) == {"kept": 0, "moved": 0, "lost": 3, "gained": 0}
    assert fates(compare_plans(after, BEFORE, SIZE, GEOMETRY))["gained"] == 3


def test_a_plan_compared_with_itself_keeps_every_command() -> None:
    table = PhotographedTable(
        [Thing(x, 1500.0, kind=n % 2) for n, x in enumerate((-500, -200, 200, 500))]
        + [make_container(-300, 1850, 250), make_container(300, 1850, 250)]
    )
    plan = plan_document(sort_session(Arm("arm-1"), table.photographs, table), {})
    assert plan["commands"]
    told = compare_plans(plan, plan, SIZE, GEOMETRY)
    assert fates(told) == {"kept": len(plan["commands"]), "moved": 0, "lost": 0, "gained": 0}
