from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorter.errors import InvalidInputError
from sorter.lens import seen_from_straight, straight_from_seen
from sorter.types import MAX_DISTORTION, MIN_DISTORTION, ArmGeometry
from tests.strategies import CAMERA

CENTRE = np.array([CAMERA.width_px, CAMERA.height_px]) / 2
CORNER_PX = float(np.hypot(*CENTRE))
PLACES = st.tuples(st.floats(-4000, 6000), st.floats(-4000, 6000))
ROLLS = st.floats(-45, 45)
LENSES = st.builds(
    ArmGeometry, roll_deg=ROLLS, distortion=st.floats(MIN_DISTORTION, MAX_DISTORTION)
)


@given(PLACES, LENSES)
def test_undoing_what_the_camera_did_gives_the_point_back(place, geometry):
    seen = seen_from_straight([place], CAMERA, geometry)
    np.testing.assert_allclose(straight_from_seen(seen, CAMERA, geometry), [place], atol=1e-6)


@given(PLACES, LENSES)
def test_what_the_camera_does_to_the_point_that_it_undid_gives_it_back(place, geometry):
    straight = straight_from_seen([place], CAMERA, geometry)
    np.testing.assert_allclose(seen_from_straight(straight, CAMERA, geometry), [place], atol=1e-6)


@given(st.floats(0, 5), st.floats(1e-6, 5), LENSES)
def test_what_lies_farther_out_appears_farther_out(radius, more, geometry):
    inner, outer = (CENTRE + np.array([r * CORNER_PX, 0]) for r in (radius, radius + more))
    seen = seen_from_straight([inner, outer], CAMERA, geometry) - CENTRE
    assert np.hypot(*seen[0]) < np.hypot(*seen[1])


@given(st.floats(0, 1), st.floats(0, 360), LENSES)
def test_within_a_picture_the_cubic_holds(radius, ray_deg, geometry):
    ray = np.array([np.cos(np.radians(ray_deg)), np.sin(np.radians(ray_deg))])
    straight = straight_from_seen([CENTRE + ray * radius * CORNER_PX], CAMERA, geometry)
    r = float(np.hypot(*(straight - CENTRE)[0])) / CORNER_PX
    assert r * (1 + geometry.distortion * r**2) == pytest.approx(radius, abs=1e-9)


@given(PLACES)
def test_a_camera_without_roll_and_lens_changes_no_bit(place):
    assert seen_from_straight([place], CAMERA, ArmGeometry()).tolist() == [list(place)]
    assert straight_from_seen([place], CAMERA, ArmGeometry()).tolist() == [list(place)]


def test_a_camera_turned_clockwise_sees_things_turned_the_other_way():
    above = CENTRE - [0, 100]
    seen = seen_from_straight([above], CAMERA, ArmGeometry(roll_deg=30))[0] - CENTRE
    np.testing.assert_allclose(seen, [-50, -86.6025], atol=1e-3)


def test_a_barrel_draws_the_corners_in_by_its_share():
    corner = [[CAMERA.width_px, CAMERA.height_px]]
    seen = seen_from_straight(corner, CAMERA, ArmGeometry(distortion=-0.1))[0] - CENTRE
    np.testing.assert_allclose(seen, CENTRE * 0.9)


@pytest.mark.parametrize(
    "wrong",
    [
        {"roll_deg": 45.1},
        {"roll_deg": -50},
        {"roll_deg": np.nan},
        {"distortion": -0.15},
        {"distortion": 0.51},
        {"distortion": np.nan},
    ],
)
def test_a_lens_that_folds_or_a_camera_turned_aside_is_refused(wrong):
    with pytest.raises(InvalidInputError):
        ArmGeometry(**wrong)
