"""Laws of views: one map from the table to the picture, the same that the servos follow."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robot.view import View
from sorter.errors import InvalidInputError
from sorter.geometry import pixel_from_servo, servo_from_table
from sorter.types import ArmGeometry, ImageSize

POSITIONS = st.floats(900, 1900)
POINTS = st.tuples(st.floats(-900, 900), st.floats(900, 2100))
RESOLUTIONS = st.sampled_from([0.2, 0.4, 1.0])


@given(POSITIONS, POINTS, RESOLUTIONS)
@settings(max_examples=50, deadline=None)
def test_the_affine_map_and_the_servos_agree(
    position: float, point: tuple[float, float], resolution: float
) -> None:
    view = View(position, resolution=resolution)
    mapped = view.affine @ (*point, 1.0)
    np.testing.assert_allclose(mapped, view.project([point])[0], atol=1e-6)


@given(POSITIONS, POINTS)
@settings(max_examples=50, deadline=None)
def test_a_place_appears_where_its_servo_position_says(
    position: float, point: tuple[float, float]
) -> None:
    size, geometry = ImageSize(1640, 1232), ArmGeometry()
    servo = servo_from_table([point], size, geometry)
    expected = pixel_from_servo(servo, position, size, geometry)
    np.testing.assert_allclose(View(position).project([point]), expected)


def test_a_window_shows_the_same_places_shifted() -> None:
    whole, part = View(1300.0), View(1300.0, window_px=(200, 100, 64, 48))
    np.testing.assert_allclose(
        part.project([(50.0, 1500.0)]), whole.project([(50.0, 1500.0)]) - (200, 100)
    )
    assert part.shape == (48, 64)


def test_turning_the_arm_to_higher_pulse_widths_turns_the_table_clockwise() -> None:
    low, high = View(1400.0), View(1600.0)
    assert high.turn_rad > low.turn_rad
    point = [(0.0, 2000.0)]
    assert high.project(point)[0, 0] > low.project(point)[0, 0]


@pytest.mark.parametrize("camera", [{"roll_deg": 1.0}, {"distortion": -0.1}])
def test_a_view_through_a_rolled_camera_or_a_lens_is_refused(camera: dict[str, float]) -> None:
    with pytest.raises(InvalidInputError, match="straight"):
        View(1500.0, geometry=ArmGeometry(**camera))


@pytest.mark.parametrize("resolution", [0.0, -1.0, 4.5, float("nan")])
def test_a_resolution_that_makes_no_picture_is_refused(resolution: float) -> None:
    with pytest.raises(InvalidInputError, match="resolution"):
        View(1500.0, resolution=resolution)
