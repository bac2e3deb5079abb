from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorter.errors import InvalidInputError
from sorter.geometry import (
    boxes_seen_from,
    centres_from_xyxy,
    pixel_from_servo,
    servo_from_pixel,
    servo_from_table,
    table_from_servo,
    travel_pw,
)
from sorter.types import ArmGeometry, ImageSize
from tests.strategies import CAMERA, boxes, geometries, positions_pw

PLACES_PW = st.tuples(st.floats(800, 2200), st.floats(1100, 2000))


@pytest.mark.parametrize(
    ("position_pw", "box", "servo0_pw", "servo1_pw"),
    [
        (1200, (1182, 240, 1355, 408), 1048.840455, 1803.600802),
        (1200, (545, 358, 767, 502), 1259.831439, 1691.689730),
        (1500, (715, 68, 865, 275), 1509.516440, 1875.250174),
        (1500, (770, 566, 870, 666), 1500.0, 1550.0),
        (1700, (0, 320, 219, 548), 1946.769580, 1788.223161),
    ],
)
def test_places_are_those_that_the_original_computed(position_pw, box, servo0_pw, servo1_pw):
    # The original cut centres down to whole pixels.
    centre = np.floor(centres_from_xyxy(np.array([box], np.float32)))
    place = servo_from_pixel(centre, position_pw, CAMERA, ArmGeometry())
    np.testing.assert_allclose(place, [[servo0_pw, servo1_pw]], rtol=0, atol=1e-6)


@given(boxes(), positions_pw(), geometries())
def test_locating_a_box_and_projecting_it_back_gives_the_same_centre(box, position_pw, geometry):
    centre = centres_from_xyxy(np.array([box]))
    place = servo_from_pixel(centre, position_pw, CAMERA, geometry)
    back = pixel_from_servo(place, position_pw, CAMERA, geometry)
    np.testing.assert_allclose(back, centre, rtol=0, atol=1e-6)


@given(PLACES_PW, st.floats(1000, 2000))
def test_laying_a_place_on_the_table_and_reading_it_back_changes_nothing(place, centre_pw):
    flat = table_from_servo([place], CAMERA, ArmGeometry(), centre_pw)
    back = servo_from_table(flat, CAMERA, ArmGeometry(), centre_pw)
    np.testing.assert_allclose(back, [place], rtol=0, atol=1e-6)


@given(boxes(), positions_pw())
def test_distances_in_a_picture_are_distances_on_the_table(box, position_pw):
    corners = np.array(box).reshape(2, 2)
    servo = servo_from_pixel(corners, position_pw, CAMERA, ArmGeometry())
    flat = table_from_servo(servo, CAMERA, ArmGeometry())
    assert np.hypot(*(flat[1] - flat[0])) == pytest.approx(np.hypot(*(corners[1] - corners[0])))


@given(boxes(), positions_pw(), positions_pw(), geometries())
def test_a_box_seen_from_elsewhere_holds_its_corners_and_the_middles_of_its_sides(
    box, taken_pw, seen_pw, geometry
):
    x_min, y_min, x_max, y_max = box
    x, y = (x_min + x_max) / 2, (y_min + y_max) / 2
    outline = [(x_min, y_min), (x_max, y_max), (x, y_min), (x_max, y), (x, y_max), (x_min, y)]
    servo = servo_from_pixel(outline, taken_pw, CAMERA, geometry)
    places = pixel_from_servo(servo, seen_pw, CAMERA, geometry)
    seen = boxes_seen_from(np.array([box]), taken_pw, seen_pw, CAMERA, geometry)[0]
    assert (places >= seen[:2] - 1e-6).all()
    assert (places <= seen[2:] + 1e-6).all()


@given(boxes(), positions_pw(), positions_pw(), st.floats(0, 1), st.floats(0, 1))
def test_what_lies_in_a_box_lies_in_it_seen_from_elsewhere(box, taken_pw, seen_pw, right, down):
    x_min, y_min, x_max, y_max = box
    point = [[x_min + right * (x_max - x_min), y_min + down * (y_max - y_min)]]
    place = servo_from_pixel(point, taken_pw, CAMERA, ArmGeometry())
    x, y = pixel_from_servo(place, seen_pw, CAMERA, ArmGeometry())[0]
    seen = boxes_seen_from(np.array([box]), taken_pw, seen_pw, CAMERA, ArmGeometry())[0]
    assert seen[0] - 1e-6 <= x <= seen[2] + 1e-6
    assert seen[1] - 1e-6 <= y <= seen[3] + 1e-6


@given(boxes(), positions_pw())
def test_a_box_seen_from_where_it_was_taken_is_itself(box, position_pw):
    seen = boxes_seen_from(np.array([box]), position_pw, position_pw, CAMERA, ArmGeometry())
    np.testing.assert_allclose(seen, [box], rtol=0, atol=1e-6)


@given(PLACES_PW, PLACES_PW, PLACES_PW)
def test_travel_is_the_same_back_and_never_longer_straight_than_by_a_third_place(a, b, c):
    assert travel_pw(a, b) == travel_pw(b, a)
    assert travel_pw(a, c) <= travel_pw(a, b) + travel_pw(b, c) + 1e-9


def test_travel_is_that_of_the_servo_that_turns_farther():
    ways = travel_pw([1500, 1100], [[1500, 1100], [1510, 1400], [1100, 1200]])
    assert ways.tolist() == [0, 300, 400]


@pytest.mark.parametrize("place", [servo_from_pixel, pixel_from_servo])
def test_a_base_axis_inside_the_picture_is_refused(place):
    with pytest.raises(InvalidInputError, match="base axis"):
        place([[1, 1]], 1500, ImageSize(1640, 3000), ArmGeometry(radius_px=1500))
