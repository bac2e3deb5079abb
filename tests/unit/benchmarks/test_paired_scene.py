from __future__ import annotations

import pytest

from benchmarks.paired_scene import PairedRow, carry_out, compare_on, in_order_found, travel_of
from benchmarks.truth import MergeErrors
from robot.judge import Score
from sorter.pipeline import sort_session
from sorter.types import Arm, ServoPosition
from tests.unit.benchmarks.tables import TABLES, make_perfectly_seen

HOME = ServoPosition(1500.0, 1100.0)


@pytest.fixture(scope="module")
def row() -> PairedRow:
    return compare_on(TABLES, 0, make_perfectly_seen(TABLES.lay(0)))


def test_both_sides_are_judged_on_the_same_items(row: PairedRow) -> None:
    assert row.ours.score.items == row.original.score.items == TABLES.n_items


def test_perfect_detections_of_things_apart_are_merged_by_us_without_an_error(
    row: PairedRow,
) -> None:
    assert row.ours.merging == MergeErrors()
    assert row.ours.n_items == TABLES.n_items + TABLES.n_contained
    assert row.ours.n_containers == TABLES.n_containers


def test_only_the_original_picks_out_of_containers() -> None:
    rows = [compare_on(TABLES, n, make_perfectly_seen(TABLES.lay(n))) for n in range(5)]
    assert sum(row.ours.score.picked_from_container for row in rows) == 0
    assert sum(row.original.score.picked_from_container for row in rows) > 0


def test_the_same_table_gives_the_same_row(row: PairedRow) -> None:
    assert compare_on(TABLES, 0, make_perfectly_seen(TABLES.lay(0))) == row


def test_every_way_of_grouping_puts_alike_looks_together(row: PairedRow) -> None:
    assert {grouping.way for grouping in row.grouping} >= {"kmeans", "spherical", "agglomerative"}
    assert all(grouping.right == grouping.items == 6 for grouping in row.grouping)


def test_a_row_is_written_with_both_sides_numbers(row: PairedRow) -> None:
    document = row.document()
    assert document["seed"] == 6000
    assert document["ours"]["items_right"] == row.ours.score.items_right
    assert document["original"]["joined"] == row.original.merging.joined


def test_a_plan_without_commands_moves_nothing_and_takes_no_time() -> None:
    score, travel_pw = carry_out(TABLES, 0, {"commands": []})
    assert score == Score(items=TABLES.n_items)
    assert travel_pw == 0.0


def test_our_commands_take_longer_in_the_order_found(row: PairedRow) -> None:
    assert row.ours.travel_pw < row.in_its_order_pw


def test_the_order_found_is_that_of_photographs_and_of_rows_in_each() -> None:
    seen = make_perfectly_seen(TABLES.lay(0))
    plan = sort_session(Arm("arm"), seen.photographs, seen.crops)
    commands = in_order_found(plan, seen)["commands"]
    firsts = [
        min((-float(image_id), row) for image_id, row in plan.items[command["item"]].sightings)
        for command in commands
    ]
    assert firsts == sorted(firsts)
    assert [command["order"] for command in commands] == list(range(len(plan.commands)))


def test_travel_is_from_home_to_each_pick_and_drop_in_order_by_the_slower_servo() -> None:
    first = {"order": 0, "pick": _place(1600, 1150), "drop": _place(1600, 1350)}
    second = {"order": 1, "pick": _place(1000, 1300), "drop": _place(1010, 1290)}
    assert travel_of({"commands": [second, first]}, HOME) == 100 + 200 + 600 + 10


def _place(servo0_pw: float, servo1_pw: float) -> dict[str, float]:
    return {"servo0_pw": servo0_pw, "servo1_pw": servo1_pw}
