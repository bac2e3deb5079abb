from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from sorter.errors import InvalidInputError
from sorter.types import FloatArray
from vision.ports import RgbImage
from vision.purity import embed_crops, overall_purity, sorting_purity

KINDS = np.repeat(np.arange(4), 6)


def test_kinds_that_lie_apart_are_sorted_without_a_fault() -> None:
    rng = np.random.default_rng(0)
    embeddings = np.eye(4, 8, dtype=np.float32)[KINDS] * rng.uniform(1, 9, (24, 1))
    assert sorting_purity(embeddings.astype(np.float32), KINDS, rng, n_scenes=5) == 1.0


def test_values_that_say_nothing_of_the_kind_are_sorted_hardly_better_than_by_chance() -> None:
    rng = np.random.default_rng(0)
    embeddings = rng.normal(size=(24, 8)).astype(np.float32)
    assert 1 / 3 < sorting_purity(embeddings, KINDS, rng, n_scenes=5) < 0.8


def test_a_scene_needs_enough_kinds_with_enough_crops() -> None:
    with pytest.raises(InvalidInputError, match="only 1 kinds"):
        sorting_purity(
            np.ones((8, 2), np.float32), np.array([0] * 5 + [1] * 3), np.random.default_rng(0)
        )


class Colours:
    """Crops of one pixel: the kind's own brightness."""

    kinds = ("dark", "grey", "light")

    def __len__(self) -> int:
        return 18

    def __getitem__(self, index: int) -> tuple[RgbImage, int]:
        kind = index % 3
        return np.full((1, 1, 3), 100 * kind, np.uint8), kind


class Brightness:
    version = "brightness@1"

    def embed(self, crops_rgb: Sequence[RgbImage]) -> FloatArray:
        angles = np.array([crop.mean() / 100 for crop in crops_rgb])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def test_an_embedder_is_measured_on_every_crop_of_a_dataset() -> None:
    told: list[int] = []
    values, kinds = embed_crops(Brightness(), Colours(), told.append)
    assert sorting_purity(values, kinds, np.random.default_rng(0)) == 1.0
    assert told == list(range(1, 19))


def test_all_crops_at_once_are_parted_into_as_many_clusters_as_there_are_kinds() -> None:
    values, kinds = embed_crops(Brightness(), Colours())
    assert values.shape == (18, 2)
    assert overall_purity(values, kinds) == 1.0
    assert overall_purity(values, np.zeros(18, np.int64)) == 1.0
    assert overall_purity(values, np.arange(18) // 6) == pytest.approx(1 / 3)
