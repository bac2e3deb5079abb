from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorter.trees import pairs_within


@given(st.integers(0, 10_000), st.integers(0, 12), st.integers(0, 12), st.sampled_from([2, np.inf]))
def test_every_place_within_its_centres_own_radius_is_found_once_and_no_other(
    seed: int, n: int, m: int, norm: float
) -> None:
    rng = np.random.default_rng(seed)
    centres, places, radii = rng.random((n, 2)), rng.random((m, 2)), rng.random(n)
    centre, place = pairs_within(centres, radii, places, norm=norm)
    apart = np.linalg.norm(centres[:, None] - places, ord=norm, axis=2)
    expected = list(zip(*np.nonzero(apart <= radii[:, None]), strict=True))
    assert sorted(zip(centre, place, strict=True)) == expected


def test_a_place_on_its_centre_is_within_any_radius() -> None:
    here = np.array([[3.0, 4.0]])
    assert [found.tolist() for found in pairs_within(here, 0.0, here)] == [[0], [0]]


@pytest.mark.parametrize("norm", [2.0, np.inf])
def test_a_place_as_far_away_as_the_radius_is_within_it(norm: float) -> None:
    centre, place = pairs_within(np.zeros((1, 2)), 5.0, np.array([[5.0, 0.0]]), norm=norm)
    assert (centre.tolist(), place.tolist()) == ([0], [0])
