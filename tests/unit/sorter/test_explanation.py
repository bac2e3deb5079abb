from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorter.agreement import UNCALIBRATED_REPEATABILITY_PX
from sorter.commands import plan_document
from sorter.explanation import explain_plan
from sorter.pipeline import sort_session
from sorter.types import Arm, Crop, FloatArray, Plan
from tests.unit.sorter.tables import PhotographedTable, Thing, make_container

ARM = Arm("arm-1")


class Noting:
    """Remembers what was said of each crop."""

    def __init__(self, table: PhotographedTable) -> None:
        self.table = table
        self.looks: dict[Crop, FloatArray] = {}

    def embed_crops(self, crops: Sequence[Crop]) -> FloatArray:
        said = self.table.embed_crops(crops)
        self.looks |= dict(zip(crops, said, strict=True))
        return said


def make_sorted(table: PhotographedTable) -> tuple[Plan, Noting]:
    noting = Noting(table)
    return sort_session(ARM, table.photographs, noting), noting


@pytest.fixture(scope="module")
def table() -> PhotographedTable:
    things = [
        Thing(x, y, kind=n % 2)
        for n, (x, y) in enumerate([(-500, 1300), (0, 1500), (300, 1700), (600, 1200)])
    ]
    return PhotographedTable([*things, make_container(-200, 1850, 300)], noise_px=1.0)


def test_every_sighting_of_the_plan_is_explained_once_and_in_its_order(
    table: PhotographedTable,
) -> None:
    plan, noting = make_sorted(table)
    told = explain_plan(ARM, table.photographs, plan, noting.looks)
    for kind, things in (("items", plan.items), ("containers", plan.containers)):
        said = [[(s["image_id"], s["row"]) for s in one["sightings"]] for one in told[kind]]
        assert said == [list(thing.sightings) for thing in things]
    assert max(len(one["sightings"]) for one in told["items"]) > 1


def test_uncut_sightings_of_one_thing_lie_within_the_gate_and_the_best_one_at_0(
    table: PhotographedTable,
) -> None:
    plan, noting = make_sorted(table)
    told = explain_plan(ARM, table.photographs, plan, noting.looks)
    assert told["repeatability_px"] == UNCALIBRATED_REPEATABILITY_PX
    for one in [*told["items"], *told["containers"]]:
        (best,) = [sighting for sighting in one["sightings"] if sighting["is_best"]]
        assert best["apart_px"] == 0
        for sighting in one["sightings"]:
            apart_px = np.hypot(*np.subtract(sighting["table_px"], best["table_px"]))
            assert sighting["apart_px"] == pytest.approx(apart_px, abs=0.01)
            if not sighting["is_cut"]:
                assert sighting["apart_px"] <= sighting["gate_px"]


def test_items_that_look_alike_are_not_unlike_their_cluster(table: PhotographedTable) -> None:
    plan, noting = make_sorted(table)
    told = explain_plan(ARM, table.photographs, plan, noting.looks)
    with_command = {command.item for command in plan.commands}
    assert with_command
    for item, one in enumerate(told["items"]):
        assert (one["unlike"] is not None) == (item in with_command)


def test_what_an_item_of_unknown_look_is_like_is_not_told(table: PhotographedTable) -> None:
    plan, noting = make_sorted(table)
    unknown = plan.commands[0].item
    looks = {crop: look for crop, look in noting.looks.items() if crop != plan.items[unknown].crop}
    told = explain_plan(ARM, table.photographs, plan, looks)
    unlike = {command.item: told["items"][command.item]["unlike"] for command in plan.commands}
    assert [item for item, value in unlike.items() if value is None] == [unknown]


@given(st.integers(0, 50))
def test_the_outlier_of_a_cluster_is_the_one_most_unlike(seed: int) -> None:
    table = PhotographedTable(
        [Thing(x, 1500.0) for x in (-450, -150, 150, 450)] + [make_container(0, 1850, 300)],
        positions_pw=(1500.0,),
    )
    plan, _ = make_sorted(table)
    rng = np.random.default_rng(seed)
    centre = rng.normal(size=8)
    crops = [plan.items[command.item].crop for command in plan.commands]
    looks = {crop: (centre + rng.normal(0, 0.01, 8)).astype(np.float32) for crop in crops}
    odd = int(rng.integers(len(crops)))
    looks[crops[odd]] = (centre + 3 * rng.normal(size=8)).astype(np.float32)
    told = explain_plan(ARM, table.photographs, plan, looks)
    unlike = {c.item: told["items"][c.item]["unlike"] for c in plan.commands}
    assert max(unlike, key=lambda item: unlike[item]) == plan.commands[odd].item
    assert all(0 <= value <= 2 for value in unlike.values())


def test_explaining_a_plan_leaves_it_as_it_is_and_is_plain_json(table: PhotographedTable) -> None:
    plan, noting = make_sorted(table)
    before = json.dumps(plan_document(plan, {}))
    told = explain_plan(ARM, table.photographs, plan, noting.looks)
    assert json.loads(json.dumps(told)) == told
    assert json.dumps(plan_document(plan, {})) == before


def test_a_session_without_photographs_has_nothing_to_explain() -> None:
    plan = sort_session(ARM, [], Noting(PhotographedTable([], ())))
    told = explain_plan(ARM, [], plan, {})
    assert (told["items"], told["containers"]) == ([], [])
