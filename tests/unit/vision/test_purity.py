from __future__ import annotations

import numpy as np
import pytest

from sorter.errors import InvalidInputError
from vision.purity import sorting_purity

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
