"""Laws of the datasets: endless, labelled, and the same picture for the same index."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from robot.datasets import RenderedCrops, RenderedViews, random_scene
from robot.kinds import HELD_OUT_KINDS, TRAINING_KINDS
from vision.ports import CropDataset, DetectionDataset

VIEWS = RenderedViews(40, seed=11, resolution=0.08)
CROPS = RenderedCrops(60, seed=11)


def test_the_datasets_are_what_vision_trains_on() -> None:
    views: DetectionDataset = VIEWS
    crops: CropDataset = CROPS
    assert len(views) == 40
    assert len(crops) == 60
    assert tuple(crops.kinds) == TRAINING_KINDS
    assert not HELD_OUT_KINDS & set(VIEWS.kinds)


def test_an_index_read_twice_gives_the_same_view() -> None:
    first, _, again = VIEWS[3], VIEWS[4], VIEWS[3]
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_index_read_twice_gives_the_same_crop() -> None:
    first, _, again = CROPS[3], CROPS[4], CROPS[3]
    np.testing.assert_array_equal(first[0], again[0])
    assert first[1] == again[1]


def test_neither_index_nor_seed_repeats_a_picture() -> None:
    pictures = [VIEWS[1][0], VIEWS[2][0], RenderedViews(40, seed=12, resolution=0.08)[1][0]]
    assert not np.array_equal(pictures[0], pictures[1])
    assert not np.array_equal(pictures[0], pictures[2])


def test_views_come_full_and_empty_with_boxes_in_their_own_pixels() -> None:
    counts = []
    for i in range(10):
        rgb, boxes, labels = VIEWS[i]
        assert rgb.shape == (99, 131, 3)
        assert len(boxes) == len(labels)
        assert (boxes <= (131, 99, 131, 99)).all()
        assert set(labels.tolist()) <= {0, 1}
        counts.append(len(labels))
    assert max(counts) >= 9
    assert len(set(counts)) >= 6


def test_some_tables_are_empty_and_the_others_have_one_to_four_containers() -> None:
    numbers = {len(random_scene(np.random.default_rng(seed)).containers) for seed in range(40)}
    assert numbers == {0, 1, 2, 3, 4}


@pytest.mark.parametrize("index", [-1, 40])
def test_beyond_the_end_there_is_nothing(index: int) -> None:
    with pytest.raises(IndexError):
        VIEWS[index]


def test_crops_show_one_thing_at_full_camera_resolution() -> None:
    numbers = set()
    for i in range(10):
        rgb, number = CROPS[i]
        assert rgb.dtype == np.uint8
        assert rgb.flags.c_contiguous
        assert min(rgb.shape[:2]) >= 12
        assert max(rgb.shape[:2]) <= 160 * 1.1 * 1.5
        assert 0 <= number < len(TRAINING_KINDS)
        numbers.add(number)
    assert len(numbers) > 5


def test_crops_can_be_limited_to_some_kinds() -> None:
    crops = RenderedCrops(8, seed=2, kinds=("coin", "key"))
    shapes = {0: [], 1: []}  # type: dict[int, list[float]]
    for i in range(8):
        rgb, number = crops[i]
        shapes[number].append(max(rgb.shape[:2]) / min(rgb.shape[:2]))
    assert max(shapes[0]) < 1.6  # a coin's box is square
    assert max(shapes[1]) > 1.6


def test_boxes_are_far_off_only_where_that_is_asked_for() -> None:
    near, far = (RenderedCrops(24, 3, ("coin",), share) for share in (0.0, 1.0))
    assert max(sides_ratio(near[i][0]) for i in range(24)) < 1.2  # a coin's box is square
    assert sum(sides_ratio(far[i][0]) > 1.2 for i in range(24)) > 8


def sides_ratio(rgb: NDArray[np.uint8]) -> float:
    return max(rgb.shape[:2]) / min(rgb.shape[:2])
