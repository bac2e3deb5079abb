"""Laws of the outlines that kinds share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robot.kinds.canvas import Canvas
from robot.kinds.outlines import blob, both, fitted, mirrored, polar, without

places = st.floats(-3, 3, allow_nan=False).map(lambda at: round(at, 3))


@given(st.lists(st.tuples(places, places), min_size=3, max_size=12, unique=True))
def test_a_fitted_outline_is_centred_and_reaches_as_far_as_asked(
    points: list[tuple[float, float]],
) -> None:
    at = fitted(points, 0.4)
    np.testing.assert_allclose((at.max(axis=0) + at.min(axis=0)) / 2, 0, atol=1e-9)
    assert np.hypot(at[:, 0], at[:, 1]).max() == pytest.approx(0.4)


def test_a_mirrored_profile_is_its_own_mirror_image() -> None:
    at = mirrored([(-0.4, 0.1), (0.0, 0.2), (0.4, 0.05)])
    np.testing.assert_allclose(at[::-1] * (1, -1), at)


def test_an_outline_of_one_distance_is_a_circle() -> None:
    at = polar(np.full(24, 0.3), x=0.1, y=-0.1)
    np.testing.assert_allclose(np.hypot(at[:, 0] - 0.1, at[:, 1] + 0.1), 0.3)


@given(st.integers(6000, 6999))
def test_a_blob_lies_within_the_circle(seed: int) -> None:
    at = blob(np.random.default_rng(seed), 0.3)
    assert np.hypot(at[:, 0], at[:, 1]).max() == pytest.approx(0.48)


def test_a_part_is_what_it_shares_with_another_and_what_that_leaves() -> None:
    canvas = Canvas(40)
    part, other = canvas.disc(0, 0, 0.3), canvas.box(0.2, 0, 0.3, 0.5)
    shared, left = both(part, other).astype(int), without(part, other).astype(int)
    whole = (part == 255) & ((other == 0) | (other == 255))
    np.testing.assert_array_equal((shared + left)[whole], part[whole])
