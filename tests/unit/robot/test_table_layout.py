"""Laws of laying a table: nothing touches, everything can be seen and reached."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robot.kinds import CLUTTER, KINDS
from robot.outlines import hidden_share
from robot.table import Scene, TableContainer, TableItem
from robot.table_items import LEAST_APART_PX, MOST_HIDDEN
from robot.table_layout import (
    CAMERA,
    CONTAINER_SERVO0_PW,
    ITEM_SERVO0_PW,
    ITEM_SERVO1_PW,
    make_scene,
)
from robot.view import View
from sorter.errors import InvalidInputError
from sorter.geometry import servo_from_table
from sorter.types import ArmGeometry

POSITIONS_PW = (1800.0, 1600.0, 1400.0, 1200.0, 1000.0)


@st.composite
def scenes(draw: st.DrawFn, most_contained: int = 3) -> Scene:
    n_containers = draw(st.integers(1, 4))
    n_free, n_contained = draw(st.integers(0, 8)), draw(st.integers(0, most_contained))
    return make_scene(
        np.random.default_rng(draw(st.integers(0, 10**6))),
        n_items=n_free + n_contained,
        kinds=("key", "dice", "coin"),
        n_containers=n_containers,
        n_contained=n_contained,
    )


def distance(a: tuple[float, float], b: tuple[float, float]) -> float:
    return float(np.hypot(a[0] - b[0], a[1] - b[1]))


def has_met(a: TableItem, b: TableItem) -> bool:
    """Return whether two things overlap when either is drawn a little larger."""
    return hidden_share(larger(a), b) > 0 or hidden_share(larger(b), a) > 0


def larger(item: TableItem) -> TableItem:
    return replace(item, length_px=item.length_px * 1.1)


def picture_outline(container: TableContainer, view: View) -> np.ndarray:
    """Return a container's outline as it appears, ``(k, 2)``."""
    angle = container.angle_rad + view.turn_rad
    c, s = np.cos(angle), np.sin(angle)
    middle = view.project([container.centre_xy_px])[0]
    return np.asarray(container.outline_px @ np.array([[c, s], [-s, c]]) + middle)


@given(scenes())
@settings(max_examples=10, deadline=None)
def test_no_two_free_items_touch(scene: Scene) -> None:
    free = [item for item in scene.items if item.contained_in is None]
    for a, b in combinations(free, 2):
        assert distance(a.centre_xy_px, b.centre_xy_px) > a.radius_px + b.radius_px


@given(scenes())
@settings(max_examples=10, deadline=None)
def test_no_two_containers_overlap(scene: Scene) -> None:
    for a, b in combinations(scene.containers, 2):
        assert distance(a.centre_xy_px, b.centre_xy_px) > a.radius_px + b.radius_px


@given(scenes())
@settings(max_examples=8, deadline=None)
def test_free_items_lie_clear_of_each_containers_box_in_every_view(scene: Scene) -> None:
    for position in POSITIONS_PW:
        view = View(position)
        for container in scene.containers:
            outline = picture_outline(container, view)
            low, high = outline.min(axis=0), outline.max(axis=0)
            for item in scene.items:
                if item.contained_in is None:
                    at = view.project([item.centre_xy_px])[0]
                    gap = np.hypot(*np.maximum(0, np.maximum(low - at, at - high)))
                    assert gap > item.radius_px


@given(scenes(most_contained=5))
@settings(max_examples=10, deadline=None)
def test_contained_items_lie_in_their_container_and_never_over_each_other(scene: Scene) -> None:
    held = [item for item in scene.items if item.contained_in is not None]
    for item in held:
        assert item.contained_in is not None
        assert scene.containers[item.contained_in].depth_px(item.centre_xy_px) > item.length_px / 2
    for a, b in combinations(held, 2):
        assert hidden_share(a, b) < 0.03


@given(scenes(most_contained=5))
@settings(max_examples=20, deadline=None)
def test_no_container_holds_two_kinds_and_no_kind_lies_in_two_containers(scene: Scene) -> None:
    homes = {
        (item.contained_in, item.kind) for item in scene.items if item.contained_in is not None
    }
    assert len({number for number, _ in homes}) == len(homes)
    assert len({kind for _, kind in homes}) == len(homes)


def test_about_as_many_free_items_meet_as_asked_for() -> None:
    hidden = []
    for seed in range(6000, 6010):
        scene = make_scene(
            np.random.default_rng(seed),
            n_items=8,
            kinds=("key", "dice", "coin"),
            n_containers=1,
            touching=0.5,
            covered=0.5,
        )
        pairs = combinations(scene.items, 2)
        hidden += [hidden_share(a, b) for a, b in pairs if has_met(a, b)]
    assert len(hidden) >= 40
    assert sum(share > 0.04 for share in hidden) >= 20
    assert max(hidden) <= MOST_HIDDEN


@given(st.integers(0, 10**6))
@settings(max_examples=10, deadline=None)
def test_no_two_free_items_lie_centre_on_centre_even_where_sticks_cross(seed: int) -> None:
    scene = make_scene(
        np.random.default_rng(seed),
        n_items=8,
        kinds=("nail", "screwdriver", "drill_bit"),
        n_containers=1,
        touching=0.4,
        covered=0.5,
    )
    pairs = list(combinations(scene.items, 2))
    assert min(distance(a.centre_xy_px, b.centre_xy_px) for a, b in pairs) > LEAST_APART_PX
    assert max(hidden_share(a, b) for a, b in pairs) <= MOST_HIDDEN


@given(st.integers(0, 10**6))
@settings(max_examples=10, deadline=None)
def test_items_that_only_touch_leave_each_other_whole(seed: int) -> None:
    scene = make_scene(
        np.random.default_rng(seed),
        n_items=8,
        kinds=("key", "dice", "coin"),
        n_containers=1,
        touching=1.0,
    )
    met = [(a, b) for a, b in combinations(scene.items, 2) if has_met(a, b)]
    assert len(met) >= 4
    assert max(hidden_share(a, b) for a, b in met) < 0.06
    assert max(hidden_share(b, a) for a, b in met) < 0.06


@given(st.integers(0, 10**6), st.integers(1, 9))
@settings(max_examples=10, deadline=None)
def test_clutter_keeps_out_of_containers(seed: int, n_clutter: int) -> None:
    scene = make_scene(
        np.random.default_rng(seed), n_items=0, kinds=(), n_containers=3, n_clutter=n_clutter
    )
    assert len(scene.clutter) == n_clutter
    for piece in scene.clutter:
        assert piece.kind in CLUTTER
        for container in scene.containers:
            assert container.depth_px(piece.centre_xy_px) < -piece.length_px / 2


@given(scenes())
@settings(max_examples=10, deadline=None)
def test_everything_lies_in_the_arms_reach(scene: Scene) -> None:
    for item in scene.items:
        if item.contained_in is None:
            servo0, servo1 = servo_from_table([item.centre_xy_px], CAMERA, ArmGeometry())[0]
            assert ITEM_SERVO0_PW[0] <= servo0 <= ITEM_SERVO0_PW[1]
            assert ITEM_SERVO1_PW[0] <= servo1 <= ITEM_SERVO1_PW[1]
    for container in scene.containers:
        servo0, servo1 = servo_from_table([container.centre_xy_px], CAMERA, ArmGeometry())[0]
        assert CONTAINER_SERVO0_PW[0] <= servo0 <= CONTAINER_SERVO0_PW[1]
        assert 1100 <= servo1 <= 2000


@given(scenes())
@settings(max_examples=10, deadline=None)
def test_each_container_is_whole_in_some_view(scene: Scene) -> None:
    for container in scene.containers:
        outlines = [picture_outline(container, View(position)) for position in POSITIONS_PW]
        size = (CAMERA.width_px, CAMERA.height_px)
        assert any(((one >= 0) & (one <= size)).all() for one in outlines)


def test_the_same_seed_lays_the_same_table() -> None:
    first, second = (
        make_scene(
            np.random.default_rng(4), n_items=8, kinds=tuple(KINDS), n_containers=2, n_contained=2
        )
        for _ in range(2)
    )
    assert first == second


def test_kinds_come_up_as_evenly_as_the_number_allows() -> None:
    scene = make_scene(
        np.random.default_rng(1), n_items=11, kinds=("key", "coin", "dice"), n_containers=1
    )
    counts = Counter(item.kind for item in scene.items)
    assert sorted(counts.values()) == [3, 4, 4]


def test_as_many_items_are_contained_as_asked_for() -> None:
    scene = make_scene(
        np.random.default_rng(2), n_items=9, kinds=("coin",), n_containers=3, n_contained=4
    )
    assert sum(item.contained_in is not None for item in scene.items) == 4


def test_more_contents_than_containers_take_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="find no room"):
        make_scene(
            np.random.default_rng(2), n_items=9, kinds=("coin",), n_containers=3, n_contained=6
        )


@pytest.mark.parametrize(
    ("touching", "covered", "n_clutter"),
    [(0.7, 0.4, 0), (-0.1, 0, 0), (0, float("nan"), 0), (0, 0, -1)],
)
def test_shares_that_are_none_are_refused(touching: float, covered: float, n_clutter: int) -> None:
    with pytest.raises(InvalidInputError, match=r"shares|clutter"):
        make_scene(
            np.random.default_rng(2),
            n_items=2,
            kinds=("coin",),
            n_containers=1,
            touching=touching,
            covered=covered,
            n_clutter=n_clutter,
        )


def test_an_empty_table_can_be_laid() -> None:
    scene = make_scene(np.random.default_rng(3), n_items=0, kinds=(), n_containers=0)
    assert scene.items == ()
    assert scene.containers == ()


def test_too_much_for_the_table_is_refused_in_words() -> None:
    with pytest.raises(InvalidInputError, match="70 items and 2 containers find no room"):
        make_scene(np.random.default_rng(1), n_items=70, kinds=("key",), n_containers=2)


@pytest.mark.parametrize(
    ("n_items", "kinds", "n_containers", "n_contained"),
    [(2, ("key",), 1, 3), (2, ("key",), 0, 1), (2, (), 1, 0)],
)
def test_numbers_that_contradict_each_other_are_refused(
    n_items: int, kinds: tuple[str, ...], n_containers: int, n_contained: int
) -> None:
    with pytest.raises(InvalidInputError, match="need items, containers and kinds"):
        make_scene(
            np.random.default_rng(1),
            n_items=n_items,
            kinds=kinds,
            n_containers=n_containers,
            n_contained=n_contained,
        )
