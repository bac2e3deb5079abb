"""Laws of the table's values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robot.table import (
    ContainerShape,
    Light,
    Optics,
    Scene,
    Stuff,
    Surface,
    TableContainer,
    TableItem,
)
from sorter.errors import InvalidInputError

ANGLES = st.floats(-7, 7)
SHAPES = st.sampled_from(list(ContainerShape))


def make_container(
    shape: ContainerShape = ContainerShape.BOX, angle_rad: float = 0.0, depth_px: float = 300.0
) -> TableContainer:
    size = (400.0, depth_px)
    return TableContainer(shape, (100.0, 1500.0), size, angle_rad, Stuff.WOOD, (200, 150, 90), 1)


def make_table() -> Scene:
    items = tuple(TableItem("key", (i * 200.0, 1400.0), 0.0, 120.0, i) for i in range(3))
    light = Light(0.0, 1.0, 0.5, 0.5, 4.0, 0.1)
    optics = Optics(0.1, 0.6, 6.0, 1.0, 90)
    return Scene(items, (make_container(),), Surface("felt", 1), light, optics, 1)


def turned(right: float, down: float, angle: float) -> tuple[float, float]:
    """Return a place that lies so from the container's centre in the container's own frame."""
    x = right * np.cos(angle) - down * np.sin(angle)
    y = right * np.sin(angle) + down * np.cos(angle)
    return (100.0 + float(x), 1500.0 - float(y))


@given(SHAPES, ANGLES, st.floats(0, 6.3), st.floats(0, 0.9))
@settings(max_examples=40, deadline=None)
def test_every_shape_holds_what_lies_within_its_outline(
    shape: ContainerShape, angle: float, along: float, share: float
) -> None:
    container = make_container(shape, angle)
    outline = container.outline_px
    right, down = outline[int(along / 6.3 * (len(outline) - 1))] * share
    assert container.holds(turned(right, down, angle))


@given(SHAPES, ANGLES, st.floats(0, 6.3), st.floats(1.01, 3))
@settings(max_examples=40, deadline=None)
def test_no_shape_holds_what_lies_beyond_its_outline(
    shape: ContainerShape, angle: float, along: float, share: float
) -> None:
    container = make_container(shape, angle)
    outline = container.outline_px
    right, down = outline[int(along / 6.3 * (len(outline) - 1))] * share
    assert not container.holds(turned(right, down, angle))


@given(ANGLES)
@settings(max_examples=30, deadline=None)
def test_an_oval_does_not_hold_the_corner_of_its_bounding_box(angle: float) -> None:
    corner = turned(190, 140, angle)
    assert not make_container(ContainerShape.OVAL, angle).holds(corner)
    assert make_container(ContainerShape.BOX, angle).holds(corner)


@given(ANGLES)
@settings(max_examples=30, deadline=None)
def test_depth_in_a_box_is_the_way_to_its_nearest_side(angle: float) -> None:
    box = make_container(ContainerShape.BOX, angle)
    assert box.depth_px(turned(0, 0, angle)) == pytest.approx(150, abs=0.5)
    assert box.depth_px(turned(170, 0, angle)) == pytest.approx(30, abs=0.5)
    assert box.depth_px(turned(260, 0, angle)) == pytest.approx(-60, abs=0.5)


@given(SHAPES, ANGLES)
@settings(max_examples=40, deadline=None)
def test_clearance_reaches_every_corner_of_the_upright_box(
    shape: ContainerShape, angle: float
) -> None:
    container = make_container(shape, angle)
    c, s = np.cos(angle), np.sin(angle)
    turned_outline = container.outline_px @ np.array([[c, s], [-s, c]])
    corner = np.abs(turned_outline).max(axis=0)
    assert np.hypot(*corner) <= container.clearance_px * 1.005
    assert container.radius_px <= container.clearance_px


def test_an_items_circle_is_wider_than_half_its_length() -> None:
    assert TableItem("key", (0, 0), 0.0, 100.0, 1).radius_px == pytest.approx(55)


def test_moving_an_item_leaves_the_scene_that_it_was_moved_in_as_it_was() -> None:
    before = make_table()
    after = before.with_item_at(1, (100.0, 1500.0), 0)
    assert before.items[1].centre_xy_px == (200.0, 1400.0)
    assert before.items[1].contained_in is None
    assert after.items[1].centre_xy_px == (100.0, 1500.0)
    assert after.items[1].contained_in == 0
    assert after.items[::2] == before.items[::2]
    assert after.items[1].seed == before.items[1].seed


@given(st.lists(st.integers(0, 2), min_size=1, max_size=6))
def test_what_was_moved_last_lies_on_top_and_keeps_its_number(moves: list[int]) -> None:
    scene = make_table()
    assert scene.items_from_below == (0, 1, 2)
    for k, i in enumerate(moves):
        below = [j for j in scene.items_from_below if j != i]
        scene = scene.with_item_at(i, (100.0 + k, 1500.0), None)
        assert scene.items_from_below == (*below, i)
        assert scene.items[i].centre_xy_px == (100.0 + k, 1500.0)
    assert [item.seed for item in scene.items] == [0, 1, 2]


def test_free_items_lie_over_those_in_containers_whatever_was_moved_last() -> None:
    scene = make_table().with_item_at(2, (100.0, 1500.0), 0)
    assert scene.items_from_below == (2, 0, 1)


def test_a_scene_finds_the_container_that_holds_a_place() -> None:
    scene = make_table()
    assert scene.container_at((100.0, 1500.0)) == 0
    assert scene.container_at((900.0, 1500.0)) is None


@pytest.mark.parametrize("number", [-1, 1])
def test_an_item_cannot_lie_in_a_container_that_is_not_there(number: int) -> None:
    with pytest.raises(InvalidInputError, match="not on the table"):
        make_table().with_item_at(0, (0.0, 0.0), number)


def test_an_item_of_no_known_kind_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="'unicorn'"):
        TableItem("unicorn", (0, 0), 0.0, 100.0, 1)


def test_things_without_size_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="longer than 0"):
        TableItem("key", (0, 0), 0.0, 0.0, 1)
    with pytest.raises(InvalidInputError, match="larger than 0"):
        make_container(depth_px=0.0)
