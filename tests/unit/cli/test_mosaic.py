from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.canvas import NIGHT
from cli.mosaic import TableMap, stitch
from sorter.geometry import servo_from_pixel
from sorter.types import ArmGeometry, ImageSize

SIZE = ImageSize(164, 123)
GEOMETRY = ArmGeometry(radius_px=150.0)
POSITIONS_PW = (1800.0, 1400.0, 1000.0)


@pytest.fixture(scope="module")
def table() -> TableMap:
    return TableMap.around(POSITIONS_PW, GEOMETRY, SIZE, 300)


@given(st.floats(0, SIZE.width_px), st.floats(0, SIZE.height_px), st.sampled_from(POSITIONS_PW))
def test_every_place_that_was_seen_lies_on_the_map(x, y, position_pw):
    table = TableMap.around(POSITIONS_PW, GEOMETRY, SIZE, 300)
    place = table.place(servo_from_pixel([[x, y]], position_pw, SIZE, GEOMETRY))[0]
    assert -0.01 <= place[0] <= table.width_px + 0.01
    assert -0.01 <= place[1] <= table.height_px + 1.01


def test_a_thing_appears_where_the_map_says(table):
    rgb = np.full((SIZE.height_px, SIZE.width_px, 3), 40, np.uint8)
    rgb[40:51, 100:111] = 250
    mosaic = stitch({1800.0: rgb}, table)
    servo = servo_from_pixel([[105.5, 45.5]], 1800.0, SIZE, GEOMETRY)
    x, y = table.place(servo)[0]
    assert mosaic[round(y), round(x)].min() > 200
    bright = np.argwhere(mosaic.min(axis=2) > 150)
    assert np.hypot(*(bright.mean(axis=0) - (y, x))) < 1.5


def test_photographs_of_one_colour_stay_of_that_colour_and_the_rest_is_night(table):
    rgb = np.full((SIZE.height_px, SIZE.width_px, 3), (10, 120, 200), np.uint8)
    mosaic = stitch(dict.fromkeys(POSITIONS_PW, rgb), table)
    x, y = table.place(servo_from_pixel([[82, 61]], 1400.0, SIZE, GEOMETRY))[0]
    assert np.abs(mosaic[round(y), round(x)].astype(int) - (10, 120, 200)).max() <= 1
    assert tuple(mosaic[-1, 0]) == NIGHT


def test_the_arm_stands_at_the_maps_foot_in_the_middle(table):
    x, y = table.base_px
    assert abs(x - table.width_px / 2) < 1
    assert 0 < y <= table.height_px + 1
