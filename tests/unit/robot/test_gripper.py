"""Laws of what a gripper takes where things lie apart, beside and on one another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from robot.gripper import GRIP_REACH_PX, item_gripped
from robot.outlines import hidden_share
from robot.table import Scene, TableItem, Xy
from robot.table_contents import MOST_SHARED
from tests.unit.robot.scenes import make_small_scene

EMPTY = replace(make_small_scene(), items=())

NEAR_PX = st.floats(-40, 40)


@st.composite
def heaps(draw: st.DrawFn) -> Scene:
    """Draw up to five things about one place, laid and moved in any order."""
    kinds = st.sampled_from(["key", "coin", "dice", "hex_bolt"])
    items = tuple(
        TableItem(
            draw(kinds),
            (draw(NEAR_PX), 1500.0 + draw(NEAR_PX)),
            draw(st.floats(-7, 7)),
            draw(st.floats(60, 160)),
            5,
            draw(st.sampled_from([None, None, 0])),
            draw(st.integers(0, 3)),
        )
        for _ in range(draw(st.integers(0, 5)))
    )
    return replace(EMPTY, items=items)


def coin(x: float, **values: int) -> TableItem:
    return TableItem("coin", (x, 1500.0), 0.0, 80.0, 5, **values)


def table(*items: TableItem) -> Scene:
    return replace(EMPTY, items=items)


def apart_px(scene: Scene, i: int, place: Xy) -> float:
    return float(np.hypot(*np.subtract(scene.items[i].centre_xy_px, place)))


def share(scene: Scene, i: int, j: int) -> float:
    """Return how much two items share of the ground of the one that it hides more of."""
    a, b = scene.items[i], scene.items[j]
    return max(hidden_share(a, b), hidden_share(b, a))


@given(heaps(), NEAR_PX)
@settings(max_examples=60, deadline=None)
def test_something_is_taken_exactly_where_a_centre_is_in_reach(scene: Scene, x: float) -> None:
    place = (x, 1500.0)
    reached = [i for i in range(len(scene.items)) if apart_px(scene, i, place) <= GRIP_REACH_PX]
    taken = item_gripped(scene, place)
    assert taken in reached if reached else taken is None


@given(heaps(), NEAR_PX)
@settings(max_examples=60, deadline=None)
def test_nothing_in_reach_lies_over_what_is_taken(scene: Scene, x: float) -> None:
    place = (x, 1500.0)
    taken = item_gripped(scene, place)
    if taken is not None:
        above = scene.items_from_below[scene.items_from_below.index(taken) + 1 :]
        for i in above:
            is_clear = share(scene, taken, i) <= MOST_SHARED
            assert is_clear or apart_px(scene, i, place) > GRIP_REACH_PX


@given(heaps(), NEAR_PX)
@settings(max_examples=60, deadline=None)
def test_what_is_taken_instead_of_the_nearest_lies_higher(scene: Scene, x: float) -> None:
    taken = item_gripped(scene, (x, 1500.0))
    if taken is not None:
        nearest = min(range(len(scene.items)), key=lambda i: apart_px(scene, i, (x, 1500.0)))
        order = scene.items_from_below
        assert order.index(taken) >= order.index(nearest)


@given(st.floats(0, 14.5))
def test_the_nearer_of_two_that_do_not_overlap_is_taken(x: float) -> None:
    """Two nails side by side: each is thin, so that their centres are near and they are not."""
    upright = TableItem("nail", (0.0, 1500.0), np.pi / 2, 80.0, 5)
    scene = table(upright, replace(upright, centre_xy_px=(30.0, 1500.0), layer=2))
    assert share(scene, 0, 1) == 0
    assert item_gripped(scene, (x, 1500.0)) == 0
    assert item_gripped(scene, (30.0 - x, 1500.0)) == 1


@given(st.permutations([0, 1, 2]), st.floats(-14, 14))
def test_a_pile_is_taken_from_the_top_down(layers: list[int], x: float) -> None:
    scene = table(*[coin(4.0 * i, layer=layer) for i, layer in enumerate(layers)])
    taken = []
    for _ in layers:
        top = item_gripped(scene, (x, 1500.0))
        assert top is not None
        taken.append(layers[top])
        scene = scene.with_item_at(top, (900.0, 1500.0), None)
    assert taken == [2, 1, 0]
    assert item_gripped(scene, (x, 1500.0)) is None


def test_one_that_overlaps_but_has_its_centre_out_of_reach_stays() -> None:
    scene = table(coin(0.0), coin(35.0))
    assert share(scene, 0, 1) > MOST_SHARED
    assert item_gripped(scene, (0.0, 1500.0)) == 0
    assert item_gripped(scene, (10.0, 1500.0)) == 1
