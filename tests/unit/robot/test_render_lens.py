"""Laws of the lens and the sensor."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from robot.render_lens import expose
from robot.view import View
from tests.unit.robot.scenes import CLEAR, EVEN

VIEW = View(1500.0, resolution=0.1)
GREY = np.full((123, 164, 3), 120, np.uint8)


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def test_a_faultless_camera_in_even_light_changes_nothing() -> None:
    np.testing.assert_array_equal(expose(GREY, VIEW, EVEN, CLEAR, rng()), GREY)


def test_a_vignette_darkens_the_corners_and_not_the_middle() -> None:
    seen = expose(GREY, VIEW, EVEN, replace(CLEAR, vignette=0.3), rng())
    assert seen[0, 0, 0] < 100
    assert seen[61, 82, 0] >= 119


def test_the_side_of_the_lamp_is_brighter() -> None:
    light = replace(EVEN, azimuth_rad=0.0, falloff=0.3)
    seen = expose(GREY, VIEW, light, CLEAR, rng()).astype(int)
    assert seen[:, -10:].mean() > seen[:, :10].mean() + 15


def test_the_lamps_tint_colours_everything() -> None:
    red, green, blue = expose(GREY, VIEW, replace(EVEN, tint=(1.1, 1.0, 0.9)), CLEAR, rng()).mean(
        axis=(0, 1)
    )
    assert red > green > blue


def test_noise_follows_its_generator_and_keeps_the_mean() -> None:
    noisy = replace(CLEAR, noise=12.0)
    first, second = (expose(GREY, VIEW, EVEN, noisy, rng()) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert first.mean() == pytest.approx(120, abs=0.5)
    assert 0.5 < first.std() < 6


def test_blur_softens_an_edge() -> None:
    edge = GREY.copy()
    edge[:, 80:] = 240
    seen = expose(edge, VIEW, EVEN, replace(CLEAR, blur_px=10.0), rng())
    assert 120 < seen[60, 79, 0] < 180


def test_a_window_gets_the_light_of_its_place() -> None:
    faulty = replace(CLEAR, vignette=0.4, exposure=0.9)
    light = replace(EVEN, falloff=0.3)
    whole = expose(GREY, VIEW, light, faulty, rng())
    window = replace(VIEW, window_px=(100, 70, 40, 30))
    part = expose(GREY[70:100, 100:140], window, light, faulty, rng())
    np.testing.assert_allclose(part.astype(int), whole[70:100, 100:140].astype(int), atol=2)


def test_smear_runs_along_the_rows_alone() -> None:
    dot = GREY.copy()
    dot[60:64, 80:84] = 250
    view = View(1500.0, window_px=(0, 0, 164, 123))
    hasty = replace(CLEAR, motion_px=20.0)
    smeared = [expose(dot, view, EVEN, hasty, np.random.default_rng(i)) for i in range(12)]
    moving = [seen for seen in smeared if seen.max() < 240]
    assert 0 < len(moving) < 12
    for seen in moving:
        assert (seen[:58] == 120).all()
        assert (seen[66:] == 120).all()
        assert seen[62, 79, 0] > 121
        assert seen[62, 84, 0] > 121


def test_pictures_of_one_camera_differ_by_its_drift() -> None:
    drifting = replace(CLEAR, exposure_drift=0.05, tint_drift=0.04)
    means = [
        expose(GREY, VIEW, EVEN, drifting, np.random.default_rng(seed)).mean(axis=(0, 1))
        for seed in range(8)
    ]
    assert 1 < np.std(means, axis=0)[1] < 15
    assert np.ptp([red - blue for red, _, blue in means]) > 4


def test_a_band_of_shadow_lies_across_the_table_and_stays_where_it_is() -> None:
    light = replace(EVEN, band=0.4, band_azimuth_rad=0.6, band_at_px=120.0, band_px=60.0)
    for position in (1500.0, 1440.0):
        view = View(position, resolution=0.1)
        seen = expose(GREY, view, light, CLEAR, rng())[..., 0]
        away = np.array([120.0, 0.0, 420.0])
        x, y = np.cos(0.6) * away, 1500.0 - np.sin(0.6) * away
        places = view.project(np.stack([x, y], axis=1)).astype(int)
        middle, before, beyond = (seen[row, column] for column, row in places)
        assert middle < 80
        assert before > 100
        assert beyond > 112
