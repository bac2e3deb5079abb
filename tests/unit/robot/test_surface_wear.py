"""Laws of wear: it marks a table here and there, and follows its generator."""

from __future__ import annotations

import numpy as np

from robot.surface_wear import lay_wear


def worn(seed: int, texel_px: float = 3.0) -> np.ndarray:
    drawn = np.full((512, 512, 3), 150, np.uint8)
    lay_wear(drawn, texel_px, np.random.default_rng(seed))
    return drawn


def test_wear_follows_its_generator() -> None:
    np.testing.assert_array_equal(worn(3), worn(3))


def test_some_tables_are_clean_and_most_are_not() -> None:
    n_worn = sum(bool((worn(seed) != 150).any()) for seed in range(20))
    assert 5 < n_worn < 20


def test_wear_leaves_nearly_all_of_a_table_as_it_was() -> None:
    for seed in range(6):
        assert (np.abs(worn(seed).astype(int) - 150).max(axis=2) > 4).mean() < 0.1


def test_a_small_piece_of_table_has_few_marks() -> None:
    shares = [(worn(seed, texel_px=0.3) != 150).any(axis=2).mean() for seed in range(12)]
    assert np.median(shares) < 0.01
