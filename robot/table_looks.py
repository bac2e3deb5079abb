"""How the things of a table look, by chance: what they are, of what size, and in what light."""

from __future__ import annotations

import numpy as np

from robot.kinds import kind_named
from robot.kinds.canvas import Rgb
from robot.kinds.materials import BRASSES, PLASTICS, STEELS, WOODS, pick
from robot.surfaces import SURFACES
from robot.table import ContainerShape, Light, Optics, Stuff, Surface, TableContainer, TableItem, Xy

_STUFF_COLOURS: dict[Stuff, tuple[Rgb, ...]] = {
    Stuff.PLASTIC: PLASTICS,
    Stuff.METAL: STEELS + BRASSES[:1],
    Stuff.WOOD: WOODS,
    Stuff.CARDBOARD: ((186, 148, 104), (172, 134, 92), (200, 164, 120)),
    Stuff.CERAMIC: ((238, 236, 230), (210, 220, 226), (70, 100, 130), (150, 70, 50), (60, 62, 66)),
}

_BAND_SHARE = 0.35
"""The share of tables across which the shadow of something large and far off lies."""


def make_surface(rng: np.random.Generator, tile_px: float = 1536.0) -> Surface:
    """Choose what the table is made of."""
    names = tuple(SURFACES)
    return Surface(names[int(rng.integers(len(names)))], make_seed(rng), tile_px)


def make_light(rng: np.random.Generator) -> Light:
    """Choose a lamp, at times a large soft one, at times a second one beside it."""
    warmth = float(rng.normal(0, 0.035))
    is_large, is_alone = rng.random() < 0.3, rng.random() < 0.55
    return Light(
        azimuth_rad=float(rng.uniform(0, 2 * np.pi)),
        elevation_rad=float(np.radians(rng.uniform(38, 68))),
        ambient=float(rng.uniform(0.38, 0.62)),
        shadow=float(rng.uniform(0.26, 0.68)),
        softness_px=float(rng.uniform(9, 22) if is_large else rng.uniform(2.5, 9)),
        falloff=float(rng.uniform(0.05, 0.34)),
        tint=(1 + warmth, 1.0, 1 - warmth),
        second=0.0 if is_alone else float(rng.uniform(0.25, 0.85)),
        second_azimuth_rad=float(rng.uniform(0, 2 * np.pi)),
        band=float(rng.uniform(0.06, 0.4)) if rng.random() < _BAND_SHARE else 0.0,
        band_azimuth_rad=float(rng.uniform(0, 2 * np.pi)),
        band_at_px=float(rng.uniform(-800, 800)),
        band_px=float(rng.uniform(25, 220)),
    )


def make_optics(rng: np.random.Generator) -> Optics:
    """Choose a camera: a quarter of the lenses is dark in the corners, a third of arms swings."""
    is_dark, is_hasty = rng.random() < 0.25, rng.random() < 0.35
    return Optics(
        vignette=float(rng.uniform(0.3, 0.55) if is_dark else rng.uniform(0.04, 0.3)),
        blur_px=float(rng.uniform(0.45, 1.25)),
        noise=float(rng.uniform(4, 18)),
        exposure=float(rng.uniform(0.82, 1.14)),
        jpeg_quality=int(rng.integers(60, 96)),
        motion_px=float(rng.uniform(2, 7)) if is_hasty else 0.0,
        exposure_drift=float(rng.uniform(0, 0.06)),
        tint_drift=float(rng.uniform(0, 0.04)),
    )


def make_item(rng: np.random.Generator, kind: str, xy_px: Xy) -> TableItem:
    """Choose one thing of a kind, lying free."""
    length = float(rng.uniform(*kind_named(kind).length_px))
    return TableItem(kind, xy_px, float(rng.uniform(0, 2 * np.pi)), length, make_seed(rng))


def make_container(rng: np.random.Generator, xy_px: Xy) -> TableContainer:
    """Choose a container."""
    shape = tuple(ContainerShape)[int(rng.integers(len(ContainerShape)))]
    stuff = tuple(Stuff)[int(rng.choice(len(Stuff), p=(0.4, 0.15, 0.15, 0.12, 0.18)))]
    across = float(rng.uniform(340, 455))
    if shape in {ContainerShape.BOX, ContainerShape.ROUNDED}:
        across = float(rng.uniform(320, 400))
    depth = across
    if shape is ContainerShape.OVAL:
        depth = across * float(rng.uniform(0.72, 0.85))
    elif shape in {ContainerShape.BOX, ContainerShape.ROUNDED} and rng.random() < 0.4:
        depth = across * float(rng.uniform(0.82, 0.95))
    angle = float(rng.uniform(0, 2 * np.pi))
    colour = pick(rng, _STUFF_COLOURS[stuff])
    return TableContainer(shape, xy_px, (across, depth), angle, stuff, colour, make_seed(rng))


def make_seed(rng: np.random.Generator) -> int:
    """Choose a seed for what is drawn later."""
    return int(rng.integers(2**31))
