from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from sorter.errors import InvalidInputError
from sorter.types import BoxArray, LabelArray
from tests.integration.vision.toys import Discs, Rectangles
from vision.ports import RgbImage
from vision.training.augment import varied_view
from vision.training.augment_crops import varied_crop
from vision.training.prepared import PreparedCrops, SmallCrops, SmallViews, prepare

SIZE_PX = (96, 64)


@dataclass(frozen=True)
class Watched(Rectangles):
    """Remembers which pictures were read, and dies at one of them."""

    read: list[int] = field(default_factory=list)
    dies_at: int = -1

    def __getitem__(self, index: int) -> tuple[RgbImage, BoxArray, LabelArray]:
        if index == self.dies_at:
            raise KeyboardInterrupt
        self.read.append(index)
        return super().__getitem__(index)


def test_prepared_views_are_the_small_ones_with_boxes_scaled(tmp_path: Path) -> None:
    small = SmallViews(Rectangles(130), SIZE_PX)  # more than one file
    prepared = prepare(small, "toys", tmp_path)
    assert len(prepared) == 130
    for index in (0, 127, 128, 129):
        image, boxes, labels = prepared[index]
        np.testing.assert_array_equal(image, small[index][0])
        np.testing.assert_array_equal(boxes, Rectangles(130)[index][1] / 2)
        np.testing.assert_array_equal(labels, [1, 0])
    with pytest.raises(IndexError):
        prepared[130]


def test_views_with_nothing_in_them_stay(tmp_path: Path) -> None:
    class Empty(Rectangles):
        def __getitem__(self, index: int) -> tuple[RgbImage, BoxArray, LabelArray]:
            image = super().__getitem__(index)[0]
            return image, np.zeros((0, 4), np.float32), np.zeros(0, np.int64)

    prepared = prepare(SmallViews(Empty(2), SIZE_PX), "empty", tmp_path)
    assert [prepared[i][1].shape for i in range(2)] == [(0, 4), (0, 4)]


def test_a_box_that_becomes_too_small_to_see_is_left_out() -> None:
    class Specks(Rectangles):
        def __getitem__(self, index: int) -> tuple[RgbImage, BoxArray, LabelArray]:
            boxes = np.array([[0, 0, 3, 100], [0, 0, 4, 100]], np.float32)
            return super().__getitem__(index)[0], boxes, np.array([0, 1])

    assert SmallViews(Specks(1), SIZE_PX)[0][2].tolist() == [1]


def test_preparing_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        prepare(SmallViews(Watched(200, dies_at=150), SIZE_PX), "toys", tmp_path)
    again = Watched(200)
    told: list[int] = []
    prepare(SmallViews(again, SIZE_PX), "toys", tmp_path, report=told.append)
    assert again.read == list(range(128, 200))
    assert told[-1] == 200
    third = Watched(200)
    prepare(SmallViews(third, SIZE_PX), "toys", tmp_path)
    assert third.read == []


def test_a_folder_serves_one_set_of_pictures(tmp_path: Path) -> None:
    prepare(SmallViews(Rectangles(2), SIZE_PX), "toys", tmp_path)
    with pytest.raises(InvalidInputError, match="holds other pictures"):
        prepare(SmallViews(Rectangles(2), SIZE_PX), "others", tmp_path)
    with pytest.raises(InvalidInputError, match="holds other pictures"):
        prepare(SmallViews(Rectangles(3), SIZE_PX), "toys", tmp_path)


def test_prepared_crops_keep_kind_and_proportions(tmp_path: Path) -> None:
    crops = PreparedCrops(prepare(SmallCrops(Discs(6), 24), "discs", tmp_path), Discs(6).kinds)
    assert [crops[index][1] for index in range(6)] == [0, 1, 2, 0, 1, 2]
    for index in range(6):
        height, width = crops[index][0].shape[:2]
        whole = Discs(6)[index][0].shape
        assert max(height, width) == 24
        assert height / width == pytest.approx(whole[0] / whole[1], rel=0.05)


def test_boxes_of_a_varied_view_still_frame_their_things() -> None:
    image, boxes, labels = Rectangles(1)[0]
    container = boxes[labels == 1][0]
    for seed in range(8):
        varied, moved = varied_view(image, boxes, np.random.default_rng(seed))
        x_min, y_min, x_max, y_max = moved[labels == 1][0].astype(int)
        assert (x_max - x_min, y_max - y_min) == (90, 90)
        inside = varied[y_min:y_max, x_min:x_max].astype(float).mean(axis=2)
        assert np.median(inside) < 60  # the dark container, bright item or not
    assert container.tolist() == boxes[labels == 1][0].tolist()


def test_variation_follows_its_seed_and_leaves_the_picture_alone() -> None:
    crop = Discs(1)[0][0]
    before = crop.copy()
    first = varied_crop(crop, np.random.default_rng(4))
    np.testing.assert_array_equal(first, varied_crop(crop, np.random.default_rng(4)))
    np.testing.assert_array_equal(crop, before)
    assert first.dtype == np.uint8
