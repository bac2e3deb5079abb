"""Laws of the table's surfaces."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from robot.surfaces import SURFACES, draw_surface

ALL = pytest.mark.parametrize("name", list(SURFACES))


@ALL
def test_a_surface_follows_its_seed(name: str) -> None:
    first = draw_surface(name, 3, 400.0, 4.0).copy()
    for seed in range(100, 105):  # push it out of the remembered ones
        draw_surface(name, seed, 40.0, 4.0)
    np.testing.assert_array_equal(first, draw_surface(name, 3, 400.0, 4.0))
    assert not np.array_equal(first, draw_surface(name, 4, 400.0, 4.0))


@ALL
def test_a_surface_has_texture_and_is_no_noise(name: str) -> None:
    tile = draw_surface(name, 7, 300.0, 3.0).astype(float)
    assert tile.shape == (100, 100, 3)
    assert 0.5 < tile.std(axis=(0, 1)).max() < 75


@ALL
def test_a_coarser_tile_shows_the_same_table(name: str) -> None:
    fine = draw_surface(name, 9, 300.0, 1.5)
    coarse = draw_surface(name, 9, 300.0, 2.5).astype(float)
    shrunk = cv2.resize(fine, coarse.shape[1::-1], interpolation=cv2.INTER_AREA).astype(float)
    assert np.abs(shrunk.mean(axis=(0, 1)) - coarse.mean(axis=(0, 1))).max() < 8


@ALL
def test_one_kind_of_surface_comes_in_many_tones(name: str) -> None:
    means = [draw_surface(name, seed, 200.0, 10.0).mean() for seed in range(10)]
    assert np.ptp(means) > 12


def test_a_remembered_tile_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        draw_surface("felt", 1, 100.0, 4.0)[0, 0] = 0
