from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robot.bumping import BUMP_PX, bump
from tests.unit.robot.scenes import make_small_scene

SCENE = make_small_scene(seed=4)


def moved_px(before, after) -> list[float]:
    pairs = zip(before.items, after.items, strict=True)
    return [float(np.hypot(*np.subtract(a.centre_xy_px, b.centre_xy_px))) for a, b in pairs]


@given(st.integers(0, 2**32), st.integers(0, 4))
@settings(max_examples=40)
def test_so_many_free_items_move_so_far_and_nothing_else_does(seed, n_items):
    after = bump(SCENE, n_items, np.random.default_rng(seed))
    ways_px = moved_px(SCENE, after)
    moved = [number for number, way_px in enumerate(ways_px) if way_px]
    assert len(moved) <= n_items
    for number in moved:
        assert BUMP_PX[0] - 1e-6 <= ways_px[number] <= BUMP_PX[1] + 1e-6
        assert SCENE.items[number].contained_in is None
        assert after.container_at(after.items[number].centre_xy_px) is None
    assert after.containers == SCENE.containers


def test_nearly_always_there_is_room_to_be_bumped_to():
    bumped = [bump(SCENE, 1, np.random.default_rng(seed)) for seed in range(40)]
    assert sum(any(moved_px(SCENE, after)) for after in bumped) >= 36


@pytest.mark.parametrize("n_items", [0, 99])
def test_bumping_none_or_more_than_there_are_is_no_error(n_items):
    after = bump(SCENE, n_items, np.random.default_rng(0))
    assert (after == SCENE) == (n_items == 0)
