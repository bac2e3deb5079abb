"""Laws of containers' looks."""

from __future__ import annotations

import numpy as np
import pytest

from robot.render_containers import draw_container, opening_px, wall_px
from robot.table import ContainerShape, Stuff, TableContainer
from robot.table_layout import WALL_PX


def make_container(
    shape: ContainerShape = ContainerShape.OVAL, stuff: Stuff = Stuff.PLASTIC, seed: int = 1
) -> TableContainer:
    return TableContainer(shape, (0, 1500), (400, 320), 0.0, stuff, (180, 120, 60), seed)


@pytest.mark.parametrize("shape", list(ContainerShape))
def test_a_container_is_drawn_as_large_as_it_is(shape: ContainerShape) -> None:
    container = make_container(shape)
    sprite = draw_container(container, 0.3)
    y, x = np.nonzero(sprite.rgba[..., 3] > 127)
    scale = sprite.length_px / max(container.size_px)
    expected = np.ptp(container.outline_px, axis=0) * scale
    np.testing.assert_allclose((np.ptp(x) + 1, np.ptp(y) + 1), expected, atol=2.5)


@pytest.mark.parametrize("stuff", list(Stuff))
def test_what_a_container_is_made_of_can_be_seen(stuff: Stuff) -> None:
    others = [one for one in Stuff if one is not stuff]
    sprite = draw_container(make_container(stuff=stuff), 0.2)
    for other in others:
        another = draw_container(make_container(stuff=other), 0.2)
        assert not np.array_equal(sprite.relief, another.relief) or not np.array_equal(
            sprite.rgba, another.rgba
        )


@pytest.mark.parametrize("seed", range(8))
def test_a_wall_is_no_thicker_than_what_is_kept_clear_of_items(seed: int) -> None:
    assert 0 < wall_px(make_container(seed=seed)) <= WALL_PX


@pytest.mark.parametrize("shape", list(ContainerShape))
def test_the_opening_lies_within_the_outline(shape: ContainerShape) -> None:
    container = make_container(shape)
    for x, y in opening_px(container):
        assert container.holds((float(x), 1500 - float(y)))


def test_the_floor_lies_lower_than_the_rim() -> None:
    container = make_container(ContainerShape.BOX)
    tall = draw_container(container, 0.3).relief[..., 0]
    middle = tall[tall.shape[0] // 2, tall.shape[1] // 2]
    assert middle < tall.max() - 0.03


def test_the_same_container_is_drawn_once() -> None:
    assert draw_container(make_container(), 0.25) is draw_container(make_container(), 0.25)
