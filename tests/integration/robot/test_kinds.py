"""Laws of the kinds: each fits its circle, and chance alone decides how one looks."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from robot.kinds import (
    CLUTTER,
    HELD_OUT_KINDS,
    KINDS,
    TRAINING_KINDS,
    Kind,
    Sprite,
    kind_named,
)
from robot.kinds.canvas import Canvas
from sorter.errors import InvalidInputError

PACKAGES = Path(__file__).parents[3] / "vision" / "packages"
ALL = pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))


@cache
def drawn(kind: Kind, seed: int, length_px: float = 40) -> Sprite:
    return kind.draw(np.random.default_rng(seed), length_px)


def solid(sprite: Sprite) -> np.ndarray:
    return sprite.rgba[..., 3] > 127


def test_there_are_enough_kinds_to_sort_and_each_goes_by_its_own_name() -> None:
    assert len(KINDS) >= 60
    assert all(name == kind.name for name, kind in KINDS.items())


def test_sixteen_kinds_are_kept_from_training() -> None:
    assert len(HELD_OUT_KINDS) == 16
    assert set(TRAINING_KINDS) == KINDS.keys() - HELD_OUT_KINDS
    assert KINDS.keys() > HELD_OUT_KINDS


def test_no_shipped_package_was_trained_on_a_kind_kept_from_training() -> None:
    described = sorted(PACKAGES.glob("*/model.json"))
    assert described
    for path in described:
        assert not HELD_OUT_KINDS & set(json.loads(path.read_text())["labels"]), path.parent.name


@pytest.mark.parametrize("name", ["zip_bag", "glass_pebble"])
def test_glass_and_film_let_light_through(name: str) -> None:
    clear = drawn(KINDS[name], 1).clear
    assert clear is not None
    assert clear.max() > 0.5


def test_a_name_that_nothing_has_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="unheard_of"):
        kind_named("unheard_of")


@ALL
def test_a_thing_fits_the_circle_that_its_length_promises(kind: Kind) -> None:
    for seed in range(3):
        sprite = drawn(kind, seed)
        height, width = sprite.rgba.shape[:2]
        y, x = np.nonzero(solid(sprite))
        reach = np.hypot(x + 0.5 - width / 2, y + 0.5 - height / 2).max()
        assert 0.35 * sprite.length_px < reach <= 0.55 * sprite.length_px


@ALL
def test_a_thing_is_centred_on_its_bounding_box(kind: Kind) -> None:
    sprite = drawn(kind, 1)
    x, y, w, h = cv2.boundingRect(solid(sprite).astype(np.uint8))
    height, width = sprite.rgba.shape[:2]
    assert abs(x + w / 2 - width / 2) <= 1
    assert abs(y + h / 2 - height / 2) <= 1


@ALL
def test_the_same_chance_draws_the_same_thing(kind: Kind) -> None:
    first, second = drawn(kind, 2), kind.draw(np.random.default_rng(2), 40)
    np.testing.assert_array_equal(first.rgba, second.rgba)
    np.testing.assert_array_equal(first.relief, second.relief)


@ALL
def test_things_of_one_kind_differ(kind: Kind) -> None:
    colours = [
        sprite.rgba[solid(sprite)][:, :3].mean(axis=0)
        for sprite in (drawn(kind, seed) for seed in range(5))
    ]
    assert np.ptp(colours, axis=0).max() > 8


@ALL
def test_a_thing_has_the_same_outline_at_every_scale(kind: Kind) -> None:
    small, large = drawn(kind, 2), drawn(kind, 2, 80)
    height, width = small.rgba.shape[:2]
    shrunk = cv2.resize(large.rgba[..., 3], (width, height), interpolation=cv2.INTER_AREA) > 127
    both = np.count_nonzero(shrunk & solid(small))
    assert both / np.count_nonzero(shrunk | solid(small)) > 0.5
    # Lines finer than a pixel weigh more on a small thing, so that colours agree only about.
    means = [sprite.rgba[solid(sprite)][:, :3].mean(axis=0) for sprite in (small, large)]
    assert np.abs(means[0] - means[1]).max() < 40


@ALL
def test_lengths_are_those_of_things_on_the_table(kind: Kind) -> None:
    shortest, longest = kind.length_px
    assert 60 <= shortest < longest <= 160


@ALL
def test_relief_is_finite_and_gloss_is_a_share(kind: Kind) -> None:
    relief = drawn(kind, 1).relief
    assert np.isfinite(relief).all()
    assert relief[..., 1].min() >= 0
    assert relief[..., 1].max() <= 1


def test_a_sprite_refuses_a_relief_of_another_shape() -> None:
    with pytest.raises(InvalidInputError, match="one shape"):
        Sprite(np.zeros((4, 4, 4), np.uint8), np.zeros((4, 5, 2), np.float32), 4.0)


def test_a_disc_covers_its_area() -> None:
    canvas = Canvas(200)
    covered = canvas.disc(0.1, -0.05, 0.3).astype(float).sum() / 255
    assert covered == pytest.approx(np.pi * (0.3 * canvas.unit_px) ** 2, rel=0.02)


def test_a_ring_leaves_its_middle_free() -> None:
    canvas = Canvas(100)
    ring = canvas.ring(0, 0, 0.4, 0.2)
    middle = canvas.n // 2
    assert ring[middle, middle] == 0
    assert ring[middle, middle + int(0.3 * canvas.unit_px)] == 255


def test_a_hole_takes_away_what_lay_there() -> None:
    canvas = Canvas(100)
    canvas.add(canvas.disc(0, 0, 0.4), (200, 10, 10))
    canvas.cut(canvas.disc(0, 0, 0.1))
    middle = canvas.n // 2
    assert canvas.alpha[middle, middle] == 0
    assert canvas.height[middle, middle] == 0


def test_a_rod_is_highest_along_its_axis_up_to_its_ends() -> None:
    canvas = Canvas(100)
    canvas.add(canvas.box(0, 0, 0.8, 0.2), (99, 99, 99), height=0.1, bevel=0.1, axis_y=0)
    middle, end = canvas.n // 2, int(canvas.n / 2 - 0.39 * canvas.unit_px)
    assert canvas.height[middle, middle] == pytest.approx(0.1, abs=0.002)
    assert canvas.height[middle, end] == pytest.approx(0.1, abs=0.002)
    assert canvas.height[middle + int(0.095 * canvas.unit_px), middle] < 0.05


def test_a_part_that_misses_the_canvas_changes_nothing() -> None:
    canvas = Canvas(50)
    canvas.add(canvas.disc(5, 5, 0.1), (255, 0, 0))
    assert not canvas.alpha.any()


def test_paint_colours_without_giving_form() -> None:
    canvas = Canvas(50)
    canvas.paint(canvas.disc(0, 0, 0.3), (255, 0, 0))
    assert not canvas.alpha.any()
    assert not canvas.height.any()


@pytest.mark.parametrize("kind", CLUTTER.values(), ids=list(CLUTTER))
def test_clutter_lies_flat_within_its_circle_and_is_drawn_alike_twice(kind: Kind) -> None:
    first, second = drawn(kind, 3), kind.draw(np.random.default_rng(3), 40)
    np.testing.assert_array_equal(first.rgba, second.rgba)
    assert first.relief[..., 0].max() <= 0.05
    height, width = first.rgba.shape[:2]
    y, x = np.nonzero(solid(first))
    assert np.hypot(x + 0.5 - width / 2, y + 0.5 - height / 2).max() <= 0.55 * first.length_px


def test_there_are_ten_pieces_of_clutter_and_none_is_an_item() -> None:
    assert len(CLUTTER) >= 10
    assert not CLUTTER.keys() & KINDS.keys()
