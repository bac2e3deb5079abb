"""Small scenes for the renderer's tests."""

from __future__ import annotations

import numpy as np

from robot.kinds import KINDS
from robot.table import Light, Optics, Scene
from robot.table_layout import make_scene

CLEAR = Optics(vignette=0.0, blur_px=0.0, noise=0.0, exposure=1.0, jpeg_quality=95)
"""A camera without faults."""

EVEN = Light(
    azimuth_rad=2.0, elevation_rad=0.9, ambient=0.5, shadow=0.5, softness_px=4.0, falloff=0.0
)
"""A lamp that lights the whole table alike."""


def make_small_scene(seed: int = 1, n_items: int = 6, n_contained: int = 1) -> Scene:
    return make_scene(
        np.random.default_rng(seed),
        n_items=n_items,
        kinds=tuple(KINDS),
        n_containers=2,
        n_contained=n_contained,
    )
