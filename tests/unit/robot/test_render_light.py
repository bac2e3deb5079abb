"""Laws of light: a thing covers its box, its shadow falls away from the lamp."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from robot.kinds import KINDS, Kind, Sprite
from robot.render_footprint import Footprint
from robot.render_lamp import Lamp
from robot.render_light import Pose, lay_cavity, lay_sprite, shade
from tests.unit.robot.scenes import EVEN

LAMP = Lamp.seen(EVEN, 0.0, 1.0)


def draw(kind: str = "coin", length_px: float = 60.0) -> Sprite:
    return KINDS[kind].draw(np.random.default_rng(2), length_px)


def pose_of(sprite: Sprite, x: float, y: float, angle: float = 0.3, length: float = 60.0) -> Pose:
    return Pose((x, y), angle, length / sprite.length_px)


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_the_true_box_is_tight_around_what_is_drawn(kind: Kind) -> None:
    # On a black table no shadow shows: what is not black is the thing itself.
    picture = np.zeros((120, 120, 3), np.uint8)
    sprite = kind.draw(np.random.default_rng(2), 60)
    shown = lay_sprite(picture, sprite, pose_of(sprite, 61.3, 58.8, 0.7, 60), LAMP, 8)
    assert shown is not None
    x, y, w, h = cv2.boundingRect((picture.max(axis=2) > 5).astype(np.uint8))
    np.testing.assert_allclose(shown.xyxy_px, (x, y, x + w, y + h), atol=3)


@pytest.mark.parametrize(
    ("x", "y", "fraction"), [(60, 60, 1.0), (0, 60, 0.5), (60, 120, 0.5), (0, 0, 0.25)]
)
def test_what_the_pictures_edge_cuts_off_is_not_visible(
    x: float, y: float, fraction: float
) -> None:
    sprite = draw("tablet")
    shown = lay_sprite(
        np.zeros((120, 120, 3), np.uint8), sprite, pose_of(sprite, x, y, 0.0), LAMP, 8
    )
    assert shown is not None
    assert shown.visible_fraction == pytest.approx(fraction, abs=0.06)
    assert min(shown.xyxy_px) >= 0
    assert max(shown.xyxy_px) <= 120


@pytest.mark.parametrize(("x", "y"), [(-90, 60), (60, 230), (300, 60), (60, -80)])
def test_what_lies_beyond_the_picture_changes_nothing(x: float, y: float) -> None:
    picture = np.full((120, 120, 3), 90, np.uint8)
    sprite = draw()
    assert lay_sprite(picture, sprite, pose_of(sprite, x, y), LAMP, 8) is None
    assert (picture == 90).all()


def test_a_shadow_that_falls_into_the_picture_shows_without_its_thing() -> None:
    picture = np.full((120, 120, 3), 200, np.uint8)
    sprite = draw()
    away = LAMP.shadow_offset(20)
    x, y = 60 - np.sign(away[0]) * 92.0, 60.0
    assert lay_sprite(picture, sprite, pose_of(sprite, x, y), LAMP, 20) is None
    assert picture.min() < 198


def test_a_shadow_falls_away_from_the_lamp() -> None:
    picture = np.full((160, 160, 3), 200, np.uint8)
    sprite = draw("tablet")
    lay_sprite(picture, sprite, pose_of(sprite, 80, 80, 0.0), LAMP, 24)
    reach = 36
    toward = np.array([LAMP.x, LAMP.y]) / np.hypot(LAMP.x, LAMP.y) * reach
    lit = picture[round(80 + toward[1]), round(80 + toward[0])].mean()
    dark = picture[round(80 - toward[1]), round(80 - toward[0])].mean()
    assert dark < lit - 15


def test_the_lamp_turns_with_the_table() -> None:
    here, there = Lamp.seen(EVEN, 0.0, 1.0), Lamp.seen(EVEN, 0.5, 1.0)
    turn = np.arctan2(there.y, there.x) - np.arctan2(here.y, here.x)
    assert turn % (2 * np.pi) == pytest.approx(0.5)
    assert there.z == here.z


def test_slopes_towards_the_lamp_are_brighter() -> None:
    bump = np.zeros((41, 41, 2), np.float32)
    y, x = np.mgrid[-20:21, -20:21]
    bump[..., 0] = np.sqrt(np.clip(400 - x * x - y * y, 0, None)) / 40
    rgba = np.full((41, 41, 4), 120, np.uint8)
    lit = shade(rgba, bump, LAMP, 40).mean(axis=2)
    dx, dy = np.array([LAMP.x, LAMP.y]) / np.hypot(LAMP.x, LAMP.y) * 12
    assert lit[round(20 + dy), round(20 + dx)] > lit[round(20 - dy), round(20 - dx)] + 30


def test_flat_matt_things_keep_their_colour() -> None:
    rgba = np.full((9, 9, 4), (150, 90, 30, 255), np.uint8)
    lit = shade(rgba, np.zeros((9, 9, 2), np.float32), LAMP, 40)
    np.testing.assert_allclose(lit[4, 4], (150, 90, 30), atol=1)


def test_a_wall_keeps_the_light_from_the_inside_that_lies_behind_it() -> None:
    picture = np.full((120, 120, 3), 200, np.uint8)
    opening = np.array([(20, 20), (100, 20), (100, 100), (20, 100)], np.float64)
    lay_cavity(picture, opening, LAMP, 16)
    toward = np.array([LAMP.x, LAMP.y]) / max(abs(LAMP.x), abs(LAMP.y)) * 36
    near_lamp = picture[round(60 + toward[1]), round(60 + toward[0])].mean()
    far = picture[round(60 - toward[1]), round(60 - toward[0])].mean()
    assert near_lamp < far - 15
    assert (picture[:15] == 200).all()


def test_a_cavity_beyond_the_picture_changes_nothing() -> None:
    picture = np.full((50, 50, 3), 200, np.uint8)
    lay_cavity(picture, np.array([(200.0, 9.0), (260.0, 9.0), (230.0, 60.0)]), LAMP, 10)
    assert (picture == 200).all()


def test_a_second_lamp_casts_a_second_shadow_and_makes_the_first_paler() -> None:
    sprite = draw("tablet")
    tables = []
    for second in (0.0, 0.8):
        light = replace(EVEN, second=second, second_azimuth_rad=EVEN.azimuth_rad + 2.0)
        lamp = Lamp.seen(light, 0.0, 1.0)
        picture = np.full((160, 160, 3), 200, np.uint8)
        lay_sprite(picture, sprite, pose_of(sprite, 80, 80, 0.0), lamp, 24)
        tables.append(picture)
    away = np.array(Lamp.seen(light, 0.0, 1.0).second_offset(1.0))
    x, y = np.round(80 + away / np.hypot(*away) * 38).astype(int)
    assert tables[1][y, x].mean() < tables[0][y, x].mean() - 6


def test_what_shows_of_a_thing_is_what_no_other_covers() -> None:
    whole = Footprint(np.ones((10, 20), np.bool_), (5, 5), 200.0)
    half = whole.under(Footprint(np.ones((30, 10), np.bool_), (15, 0), 300.0))
    assert half is not None
    assert half.xyxy_px == (5, 5, 15, 15)
    assert half.visible_fraction == pytest.approx(0.5)
    assert whole.under(Footprint(np.ones((9, 9), np.bool_), (40, 5), 81.0)) is whole
    assert half.under(whole) is None
