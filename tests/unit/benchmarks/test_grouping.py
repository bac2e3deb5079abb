from __future__ import annotations

import numpy as np
import pytest

from benchmarks.grouping import compare_groupings, count_right
from benchmarks.truth import true_things
from sorter.pipeline import sort_session
from sorter.types import Arm
from tests.unit.benchmarks.scenes import make_seen


@pytest.mark.parametrize(
    ("clusters", "kinds", "n_right"),
    [
        ([0, 0, 1, 1], [1, 1, 0, 0], 4),  # what a cluster is called does not matter
        ([0, 0, 1, 1], [0, 0, 0, 0], 2),  # one kind is given to one cluster
        ([0, 0, 0, 0], [0, 0, 0, 1], 3),  # one cluster is given to one kind
        ([0, 1, 0, 1], [0, 0, 1, 1], 2),
        ([0], [0], 1),
    ],
)
def test_items_are_right_by_the_best_way_one_to_one(
    clusters: list[int], kinds: list[int], n_right: int
) -> None:
    assert count_right(np.array(clusters), np.array(kinds)) == n_right


def test_items_that_show_nothing_true_are_left_out() -> None:
    seen = make_seen([(1450.0, 1200.0), (1550.0, 1200.0)], [(1500.0, 1700.0)])
    plan = sort_session(Arm("arm"), seen.photographs, seen.crops)
    shown = true_things(seen)
    assert {one.items for one in compare_groupings(plan, seen, shown, ["nut", "bolt"])} == {2}
    assert compare_groupings(plan, seen, {}, ["nut", "bolt"]) == ()
