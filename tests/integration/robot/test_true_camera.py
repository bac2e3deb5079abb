from __future__ import annotations

import numpy as np
import pytest

from robot.camera import photograph
from robot.table import Light, Optics, Scene, Surface, TableItem
from robot.table_layout import CAMERA
from robot.true_camera import photograph_truly
from sorter.geometry import pixel_from_servo, servo_from_table
from sorter.types import ArmGeometry

POSITION_PW = 1400.0
PLACES_XY_PX = ((150.0, 1500.0), (700.0, 1750.0), (-350.0, 1150.0))


def scene_with(*places_xy_px: tuple[float, float]) -> Scene:
    items = tuple(TableItem("washer", place, 0.3, 80.0, 5) for place in places_xy_px)
    light = Light(2.0, 0.9, 0.6, 0.0, 4.0, 0.0)
    optics = Optics(vignette=0.0, blur_px=0.5, noise=0.0, exposure=1.0, jpeg_quality=95)
    return Scene(items, (), Surface("paper", 7), light, optics, seed=3)


@pytest.mark.parametrize("xy_px", PLACES_XY_PX)
@pytest.mark.parametrize(
    "geometry",
    [
        ArmGeometry(roll_deg=3.0),
        ArmGeometry(distortion=-0.1),
        ArmGeometry(roll_deg=-3.0, distortion=0.08, radius_px=1530.0),
    ],
)
def test_a_thing_appears_where_roll_and_lens_put_it(xy_px, geometry):
    servo = servo_from_table([xy_px], CAMERA, geometry)
    expected = pixel_from_servo(servo, POSITION_PW, CAMERA, geometry)[0]
    assert np.all((expected > 60) & (expected < (1580, 1172)))
    empty, laid = (
        photograph_truly(scene, POSITION_PW, geometry).astype(int)
        for scene in (scene_with(), scene_with(xy_px))
    )
    rows, columns = np.nonzero(np.abs(laid - empty).sum(axis=2) > 60)
    middle = (columns.min() + columns.max()) / 2, (rows.min() + rows.max()) / 2
    assert np.hypot(*np.subtract(middle, expected)) < 6


def test_a_straight_camera_sees_what_it_always_saw():
    scene = scene_with(*PLACES_XY_PX)
    assert np.array_equal(
        photograph_truly(scene, POSITION_PW, ArmGeometry()), photograph(scene, POSITION_PW).rgb
    )


def test_the_table_reaches_into_every_corner_of_a_rolled_picture():
    picture = photograph_truly(
        scene_with(), POSITION_PW, ArmGeometry(roll_deg=10.0, distortion=-0.14)
    )
    assert picture.shape == (CAMERA.height_px, CAMERA.width_px, 3)
    assert picture.min() > 60
