"""Laws of the canvas: what is see-through, and what is toned where."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from robot.kinds import Sprite
from robot.kinds.canvas import Canvas
from robot.render_lamp import Lamp
from robot.render_light import Pose, lay_sprite
from sorter.errors import InvalidInputError
from tests.unit.robot.scenes import EVEN

LAMP = Lamp.seen(EVEN, 0.0, 1.0)


def disc(clear: float, *, ink: bool = False) -> Sprite:
    canvas = Canvas(60)
    part = canvas.disc(0, 0, 0.48)
    canvas.add(part, (230, 230, 230), height=0.02, bevel=0.02, gloss=0.0, clear=clear)
    if ink:
        canvas.paint(part, (230, 230, 230))
    return canvas.finish(np.random.default_rng(1))


def laid(sprite: Sprite, table: np.ndarray) -> np.ndarray:
    picture = table.copy()
    lay_sprite(picture, sprite, Pose((50, 50), 0.0, 60 / sprite.length_px), LAMP, 4)
    return picture


def stripes() -> np.ndarray:
    table = np.full((100, 100, 3), 40, np.uint8)
    table[:, ::2] = 220
    return table


def contrast(picture: np.ndarray) -> float:
    middle = picture[40:60, 40:60].astype(float).mean(axis=2)
    return float(abs(middle[:, ::2].mean() - middle[:, 1::2].mean()))


def test_what_lies_beneath_shows_through_glass_and_not_through_wood() -> None:
    assert contrast(laid(disc(0.8), stripes())) > 40
    assert contrast(laid(disc(0.0), stripes())) < 5


def test_ink_on_glass_is_not_see_through() -> None:
    assert contrast(laid(disc(0.8, ink=True), stripes())) < 5


def test_a_see_through_thing_has_the_true_box_of_a_solid_one() -> None:
    boxes = []
    for clear in (0.0, 0.8):
        sprite = disc(clear)
        pose = Pose((50.3, 49.8), 0.4, 60 / sprite.length_px)
        shown = lay_sprite(stripes(), sprite, pose, LAMP, 4)
        assert shown is not None
        boxes.append((shown.xyxy_px, shown.visible_fraction))
    assert boxes[0] == boxes[1]


def test_a_see_through_thing_casts_a_lighter_shadow() -> None:
    grey = np.full((100, 100, 3), 200, np.uint8)
    darkest = []
    for clear in (0.0, 0.8):
        sprite, picture = disc(clear), grey.copy()
        lay_sprite(picture, sprite, Pose((50, 50), 0.0, 60 / sprite.length_px), LAMP, 20)
        ring = cv2.circle(np.zeros((100, 100), np.uint8), (50, 50), 36, 255, 4) > 0
        darkest.append(picture[ring].min())
    assert darkest[0] < darkest[1]


def test_what_has_no_height_casts_no_shadow() -> None:
    picture = np.full((100, 100, 3), 200, np.uint8)
    sprite = disc(0.0)
    lay_sprite(picture, sprite, Pose((50, 50), 0.0, 60 / sprite.length_px), LAMP, 0.0)
    assert (picture[:, :18] == 200).all()
    assert (picture[:18] == 200).all()


def test_a_sprite_refuses_a_clearness_of_another_shape() -> None:
    with pytest.raises(InvalidInputError, match="clearness"):
        Sprite(
            np.zeros((4, 4, 4), np.uint8),
            np.zeros((4, 4, 2), np.float32),
            4.0,
            np.zeros((3, 4), np.float32),
        )


def test_modulating_changes_only_what_lies_under_the_mask() -> None:
    canvas = Canvas(50)
    canvas.add(canvas.disc(0, 0, 0.4), (100, 100, 100), height=0.02)
    x, y = canvas.places()
    canvas.modulate(canvas.box(0.2, 0, 0.1, 0.1), np.float32(2) + 0 * (x + y))
    middle = canvas.n // 2
    assert canvas.rgb[middle, middle, 0] == pytest.approx(100)
    assert canvas.rgb[middle, middle + int(0.2 * canvas.unit_px), 0] == pytest.approx(200)
