"""Laws of photographs: what the boxes say is what the pixels show, from every position."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robot.camera import VISIBLE_FRACTION, encode_jpeg, photograph, photograph_view
from robot.table import Scene, TableItem
from robot.table_layout import CAMERA
from robot.view import View
from sorter.geometry import pixel_from_servo, servo_from_pixel, servo_from_table
from sorter.types import ArmGeometry, Label
from tests.unit.robot.scenes import CLEAR, EVEN, make_small_scene

RESOLUTION = 0.12
POSITIONS = st.floats(950, 1850)
SEEDS = st.integers(0, 50)


def true_centre(scene: Scene, label: int, index: int, position_pw: float) -> np.ndarray:
    """Return where the thing's true centre appears, by the arm's own formulas."""
    things = scene.containers if label == Label.CONTAINER else scene.items
    servo = servo_from_table([things[index].centre_xy_px], CAMERA, ArmGeometry())
    return pixel_from_servo(servo, position_pw, CAMERA, ArmGeometry())[0] * RESOLUTION


@given(SEEDS, POSITIONS)
@settings(max_examples=8, deadline=None)
def test_a_whole_things_centre_lies_in_the_middle_of_its_box(seed: int, position: float) -> None:
    scene = make_small_scene(seed)
    photo = photograph(scene, position, resolution=RESOLUTION)
    rows = zip(photo.xyxy_px, photo.labels, photo.indices, photo.visible_fraction, strict=True)
    for box, label, index, visible in rows:
        if visible > 0.99 and box.min() > 1 and (box[2:] < photo.rgb.shape[1::-1]).all():
            centre = true_centre(scene, int(label), int(index), position)
            middle, size = (box[:2] + box[2:]) / 2, box[2:] - box[:2]
            assert (np.abs(centre - middle) <= size * 0.25 + 1).all()


@given(SEEDS, POSITIONS)
@settings(max_examples=8, deadline=None)
def test_exactly_what_the_picture_shows_has_a_box(seed: int, position: float) -> None:
    scene = make_small_scene(seed)
    photo = photograph(scene, position, resolution=RESOLUTION)
    height, width = photo.rgb.shape[:2]
    for label, things in ((Label.CONTAINER, scene.containers), (Label.ITEM, scene.items)):
        boxed = set(photo.indices[photo.labels == label].tolist())
        for i, thing in enumerate(things):
            x, y = true_centre(scene, label, i, position)
            r = thing.radius_px * RESOLUTION
            if r < x < width - r and r < y < height - r:
                assert i in boxed
            if not (-r < x < width + r and -r < y < height + r):
                assert i not in boxed


@given(SEEDS, POSITIONS)
@settings(max_examples=6, deadline=None)
def test_boxes_lie_in_the_picture_and_show_enough(seed: int, position: float) -> None:
    photo = photograph(make_small_scene(seed), position, resolution=RESOLUTION)
    height, width = photo.rgb.shape[:2]
    assert photo.rgb.shape == (148, 197, 3)
    assert photo.xyxy_px.dtype == np.float32
    assert (photo.xyxy_px[:, :2] < photo.xyxy_px[:, 2:]).all()
    assert (photo.xyxy_px >= 0).all()
    assert (photo.xyxy_px <= (width, height, width, height)).all()
    assert (photo.visible_fraction >= VISIBLE_FRACTION).all()


def test_removing_an_item_changes_its_box_and_nothing_beyond_its_shadow() -> None:
    scene = replace(make_small_scene(3, n_items=4, n_contained=0), optics=CLEAR, light=EVEN)
    photo = photograph(scene, 1500.0, resolution=0.3)
    items = np.flatnonzero((photo.labels == Label.ITEM) & (photo.visible_fraction > 0.99))
    assert len(items) > 0
    for row in items:
        index = int(photo.indices[row])
        without = replace(scene, items=scene.items[:index] + scene.items[index + 1 :])
        bare = photograph(without, 1500.0, resolution=0.3).rgb
        changed = np.abs(photo.rgb.astype(int) - bare.astype(int)).max(axis=2) > 12
        x, y, w, h = cv2.boundingRect(changed.astype(np.uint8))
        left, top, right, bottom = photo.xyxy_px[row]
        assert changed[int(top) : int(bottom), int(left) : int(right)].mean() > 0.08
        # The tallest thing's shadow: 22 px, at most 1.3 as long, and its soft edge.
        shadow = 20
        assert left - shadow <= x <= left + 3
        assert top - shadow <= y <= top + 3
        assert right - 3 <= x + w <= right + shadow
        assert bottom - 3 <= y + h <= bottom + shadow


def test_two_positions_show_the_same_table_where_they_overlap() -> None:
    scene = replace(make_small_scene(5), optics=CLEAR, light=EVEN)
    first, second = (photograph(scene, at, resolution=0.3).rgb for at in (1400.0, 1500.0))
    height, width = first.shape[:2]
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    points = np.stack([x.ravel(), y.ravel()], axis=1) / 0.3
    servo = servo_from_pixel(points, 1500.0, CAMERA, ArmGeometry())
    there = pixel_from_servo(servo, 1400.0, CAMERA, ArmGeometry()) * 0.3 - 0.5
    maps = there.reshape(height, width, 2).astype(np.float32)
    expected = cv2.remap(first, maps[..., 0], maps[..., 1], cv2.INTER_LINEAR)
    inside = (maps.min(axis=2) >= 1) & (maps[..., 0] < width - 2) & (maps[..., 1] < height - 2)
    apart = np.abs(expected.astype(int) - second.astype(int)).mean(axis=2)
    assert inside.mean() > 0.5
    assert apart[inside].mean() < 3.5
    assert (apart[inside] > 30).mean() < 0.02


def test_a_lower_resolution_shows_the_same_boxes() -> None:
    scene = make_small_scene(2)
    full = photograph(scene, 1450.0, resolution=0.48)
    small = photograph(scene, 1450.0, resolution=0.12)
    np.testing.assert_array_equal(full.indices, small.indices)
    np.testing.assert_allclose(full.xyxy_px / 4, small.xyxy_px, atol=2)


def test_a_window_shows_what_the_whole_picture_shows_there() -> None:
    scene = replace(make_small_scene(2), optics=CLEAR)
    whole = photograph_view(scene, View(1450.0, resolution=0.4)).rgb
    part = photograph_view(scene, View(1450.0, resolution=0.4, window_px=(100, 80, 200, 150))).rgb
    apart = np.abs(part.astype(int) - whole[80:230, 100:300].astype(int))
    assert apart.mean() < 1
    assert apart[8:-8, 8:-8].max() < 40


def test_a_photograph_follows_from_scene_and_position() -> None:
    scene = make_small_scene(4)
    first, second = (photograph(scene, 1300.0, resolution=RESOLUTION) for _ in range(2))
    np.testing.assert_array_equal(first.rgb, second.rgb)
    other = photograph(scene, 1301.0, resolution=RESOLUTION)
    assert not np.array_equal(first.rgb, other.rgb)


def test_noise_comes_from_the_generator_that_is_handed_in() -> None:
    scene = make_small_scene(4)
    first, second = (
        photograph(scene, 1300.0, rng=np.random.default_rng(seed), resolution=RESOLUTION).rgb
        for seed in (1, 2)
    )
    assert 0 < np.abs(first.astype(int) - second.astype(int)).mean() < 8


def test_a_moved_item_appears_where_it_was_put() -> None:
    scene = make_small_scene(6, n_items=3, n_contained=0)
    place = scene.containers[0].centre_xy_px
    position = float(servo_from_table([place], CAMERA, ArmGeometry())[0, 0])
    photo = photograph(scene.with_item_at(0, place, 0), position, resolution=RESOLUTION)
    row = np.flatnonzero((photo.labels == Label.ITEM) & (photo.indices == 0))
    centre = true_centre(scene, Label.CONTAINER, 0, position)
    box = photo.xyxy_px[row][0]
    assert (box[:2] < centre).all()
    assert (centre < box[2:]).all()


def cards(*places_px: float) -> Scene:
    """Return a table of squares beside one another, 100 pixels long across their corners."""
    items = tuple(TableItem("dice", (x, 1500.0), 0.0, 100.0, 3) for x in places_px)
    return replace(make_small_scene(1), items=items, containers=(), optics=CLEAR, light=EVEN)


def test_a_later_item_covers_an_earlier_one_and_its_box() -> None:
    alone = photograph(cards(0.0), 1500.0).xyxy_px[0]
    both = photograph(cards(0.0, 30.0), 1500.0)
    np.testing.assert_array_equal(both.indices, [0, 1])
    assert both.visible_fraction[0] < 0.6
    assert both.visible_fraction[1] > 0.95
    assert both.xyxy_px[0, 2] == pytest.approx(both.xyxy_px[1, 0], abs=8)
    np.testing.assert_allclose(both.xyxy_px[0, [0, 1, 3]], alone[[0, 1, 3]], atol=1)


def test_an_item_that_was_moved_covers_what_it_came_to_lie_on() -> None:
    scene = cards(0.0, 30.0)
    both = photograph(scene.with_item_at(0, scene.items[0].centre_xy_px, None), 1500.0)
    np.testing.assert_array_equal(both.indices, [0, 1])
    assert both.visible_fraction[0] > 0.95
    assert both.visible_fraction[1] < 0.6


def test_an_item_that_is_covered_nearly_whole_has_no_box() -> None:
    np.testing.assert_array_equal(photograph(cards(0.0, 5.0), 1500.0).indices, [1])
    np.testing.assert_array_equal(photograph(cards(0.0, 0.0), 1500.0).indices, [1])


def test_contents_hide_nothing_of_their_container() -> None:
    scene = make_small_scene(6, n_items=3, n_contained=0)
    place = scene.containers[0].centre_xy_px
    position = float(servo_from_table([place], CAMERA, ArmGeometry())[0, 0])
    empty = photograph(scene, position, resolution=RESOLUTION)
    full = photograph(scene.with_item_at(0, place, 0), position, resolution=RESOLUTION)
    np.testing.assert_array_equal(empty.xyxy_px[:1], full.xyxy_px[:1])


def test_clutter_is_drawn_and_has_no_box() -> None:
    scene = replace(make_small_scene(1), items=(), containers=(), optics=CLEAR)
    littered = replace(scene, clutter=cards(0.0).items)
    bare, photo = (photograph(one, 1500.0, resolution=0.3) for one in (scene, littered))
    assert photo.xyxy_px.shape == (0, 4)
    assert np.abs(photo.rgb.astype(int) - bare.rgb.astype(int)).max() > 30


def test_an_empty_table_has_no_boxes() -> None:
    scene = replace(make_small_scene(1), items=(), containers=())
    photo = photograph(scene, 1500.0, resolution=RESOLUTION)
    assert photo.xyxy_px.shape == (0, 4)
    assert photo.labels.dtype == np.int64


@pytest.mark.parametrize("quality", [60, 95])
def test_a_jpeg_decodes_to_about_the_picture(quality: int) -> None:
    rgb = photograph(make_small_scene(1), 1500.0, resolution=RESOLUTION).rgb
    decoded = cv2.imdecode(np.frombuffer(encode_jpeg(rgb, quality), np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    assert np.abs(decoded[..., ::-1].astype(int) - rgb.astype(int)).mean() < 6


def test_a_better_jpeg_is_a_longer_one() -> None:
    rgb = photograph(make_small_scene(1), 1500.0, resolution=RESOLUTION).rgb
    assert len(encode_jpeg(rgb, 95)) > len(encode_jpeg(rgb, 60)) * 1.5
