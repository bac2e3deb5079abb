"""What tables are made of: tiles of texture, drawn by procedure in the table's own frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from robot.kinds.canvas import Rgb
from robot.kinds.materials import jittered, pick
from robot.surface_wear import lay_wear

Field = NDArray[np.float32]
"""``(n, n)`` float32, one value a texel."""

Texture = NDArray[np.uint8]
"""``(n, n, 3)`` uint8 RGB."""

_TONES = (
    (70, 74, 80),
    (120, 122, 124),
    (186, 186, 182),
    (216, 212, 204),
    (96, 84, 74),
    (60, 76, 92),
)


@dataclass(frozen=True, slots=True)
class Tile:
    """A square to be textured: its chance, its side in table pixels, and its texels."""

    seed: int
    side_px: float
    n: int

    @property
    def texel_px(self) -> float:
        """The side of a texel in table pixels."""
        return self.side_px / self.n

    def rng(self, number: int) -> np.random.Generator:
        """Return chance of its own for each layer, so that scale does not change the rest."""
        return np.random.default_rng((self.seed, number))

    def noise(self, number: int, period_x_px: float, period_y_px: float | None = None) -> Field:
        """Return smooth noise, about standard normal, whose bumps have these periods."""
        period_y = period_x_px if period_y_px is None else period_y_px
        w, h = (max(3, int(self.side_px / p) + 2) for p in (period_x_px, period_y))
        rng = self.rng(number)
        grid = rng.standard_normal((min(h, 2 * self.n), min(w, 2 * self.n)), dtype=np.float32)
        return np.asarray(cv2.resize(grid, (self.n, self.n), interpolation=cv2.INTER_CUBIC))

    def waves(self, period_px: float, *, along_x: bool) -> Field:
        """Return a sine of that period, one row that broadcasts over the tile."""
        at = (np.arange(self.n, dtype=np.float32) + 0.5) * self.texel_px
        wave = np.sin(at * (2 * np.pi / period_px)).astype(np.float32)
        return np.asarray(wave[None, :] if along_x else wave[:, None])


def draw_surface(name: str, seed: int, side_px: float, texel_px: float) -> NDArray[np.uint8]:
    """Return a square of table ``(n, n, 3)`` uint8 RGB; the last few are remembered."""
    return _draw(name, seed, side_px, max(8, round(side_px / texel_px)))


@lru_cache(maxsize=4)
def _draw(name: str, seed: int, side_px: float, n: int) -> NDArray[np.uint8]:
    tile = Tile(seed, side_px, n)
    drawn = np.ascontiguousarray(SURFACES[name](tile))
    lay_wear(drawn, tile.texel_px, tile.rng(99))
    drawn.setflags(write=False)
    return drawn


def _tinted(value: Field, colour: Rgb) -> Texture:
    tall = np.asarray(value, np.float32)
    return np.asarray(cv2.merge([cv2.convertScaleAbs(tall, alpha=tone) for tone in colour]))


def wood(tile: Tile) -> Texture:
    """Planks with rings, fibres and joints."""
    rng = tile.rng(0)
    browns = ((206, 162, 110), (172, 122, 76), (226, 192, 146), (118, 78, 50), (190, 150, 120))
    colour = pick(rng, browns)
    plank_px = float(rng.uniform(180, 420))
    rows = (np.arange(tile.n, dtype=np.float32) + 0.5) * tile.texel_px / plank_px
    plank = rows.astype(np.int64)
    tones = rng.uniform(0.88, 1.1, int(plank.max()) + 1).astype(np.float32)
    shifts = rng.uniform(0, 40, len(tones)).astype(np.float32)
    warp = tile.noise(1, 700, 90) * 1.6 + tile.noise(2, 220, 40) * 0.35
    rings = np.sin(
        (rows * plank_px / float(rng.uniform(16, 34)) + shifts[plank])[:, None] + warp * 3
    )
    fibre = tile.noise(3, 70, 1.8) * 0.045 + tile.noise(4, 300, 6) * 0.03
    value = (1 + 0.07 * rings + fibre) * tones[plank][:, None]
    joint = np.abs(rows - np.round(rows)) * plank_px < 1.6
    value[joint & (rows > 0.5)] *= 0.5
    return _tinted(value, colour)


def brushed_metal(tile: Tile) -> Texture:
    """A sheet of metal with fine parallel scratches."""
    rng = tile.rng(0)
    colour = jittered(
        rng, ((176, 180, 184), (146, 150, 156), (196, 196, 192))[int(rng.integers(3))], 6
    )
    value = (
        1
        + tile.noise(1, 1500, 2) * 0.045
        + tile.noise(4, 420, 1.6) * 0.03
        + tile.noise(2, 900, 9) * 0.03
        + tile.noise(3, 420) * 0.05
    )
    return _tinted(np.asarray(value), colour)


def cloth(tile: Tile) -> Texture:
    """A woven cloth, sometimes striped."""
    rng = tile.rng(0)
    tones = (*_TONES, (150, 60, 60), (70, 100, 80), (80, 96, 140))
    colour, stripe = pick(rng, tones), pick(rng, tones)
    thread = max(float(rng.uniform(5, 9)), 2.6 * tile.texel_px)
    weave = tile.waves(thread, along_x=True) * tile.waves(thread, along_x=False)
    slubs = tile.noise(1, 70, 4) * 0.035 + tile.noise(2, 4, 70) * 0.035
    value = np.asarray(1 + 0.07 * weave + slubs + tile.noise(3, 500) * 0.04)
    drawn = _tinted(value, colour)
    if rng.random() < 0.35:
        bands = tile.waves(float(rng.uniform(90, 320)), along_x=bool(rng.random() < 0.5)) > 0.75
        drawn = np.where(
            np.broadcast_to(bands, value.shape)[..., None], _tinted(value, stripe), drawn
        )
    return np.asarray(drawn)


def laminate(tile: Tile) -> Texture:
    """A speckled kitchen top."""
    rng = tile.rng(0)
    colour = pick(rng, _TONES)
    value = 1 + tile.noise(1, 300) * 0.03
    for number, period in ((2, 5.0), (3, 9.0), (4, 16.0)):
        specks = tile.noise(number, period)
        tone = float(rng.uniform(-0.45, 0.35))
        value = value + tone * np.clip(specks - 1.3, 0, 0.7)
    return _tinted(np.asarray(value), colour)


def paper(tile: Tile) -> Texture:
    """Sheets of wrapping or drawing paper, faintly creased."""
    rng = tile.rng(0)
    colour = pick(
        rng,
        ((236, 234, 228), (226, 214, 190), (190, 154, 112), (200, 206, 210), (240, 238, 236)),
        5,
    )
    fibres = tile.noise(1, 4) * 0.012 + tile.noise(2, 26, 5) * 0.012
    folds = np.abs(tile.noise(3, 320)) * 0.035
    return _tinted(np.asarray(1 + fibres - folds + tile.noise(4, 700) * 0.02), colour)


def cutting_mat(tile: Tile) -> Texture:
    """A cutting mat with its grid and knife marks."""
    rng = tile.rng(0)
    colour = pick(
        rng, ((36, 96, 84), (40, 70, 110), (52, 54, 58), (120, 50, 60), (60, 110, 130)), 6
    )
    drawn = _tinted(np.asarray(1 + tile.noise(1, 3) * 0.03 + tile.noise(2, 500) * 0.05), colour)
    line = pick(rng, ((170, 190, 180), (200, 190, 120), (190, 190, 190)))
    step = float(rng.uniform(52, 84))
    scale = 16 / tile.texel_px
    for i in range(int(tile.side_px / step) + 1):
        at = round((i + 0.5) * step * scale)
        end = tile.n * 16
        share = 0.75 if i % 5 == 0 else 0.35
        ink = tuple(float(a * share + b * (1 - share)) for a, b in zip(line, colour, strict=True))
        for start, stop in (((at, 0), (at, end)), ((0, at), (end, at))):
            cv2.line(drawn, start, stop, ink, max(1, round(2 / tile.texel_px)), cv2.LINE_AA, 4)
    scar = tuple(value * 0.8 for value in colour)
    for x, y, dx, dy in rng.normal(0.5, 0.3, (14, 4)) * end:
        cv2.line(drawn, (int(x), int(y)), (int(dx), int(dy)), scar, 1, cv2.LINE_AA, 4)
    return drawn


def concrete(tile: Tile) -> Texture:
    """Cast concrete with stains and pores."""
    rng = tile.rng(0)
    colour = pick(rng, ((150, 148, 144), (176, 174, 168), (118, 118, 118)), 6)
    clouds = tile.noise(1, 420) * 0.06 + tile.noise(2, 130) * 0.045 + tile.noise(3, 34) * 0.025
    grit = tile.noise(4, 3) * 0.03
    pores = np.clip(tile.noise(5, 12) - 2.1, 0, 0.6) * 0.7
    return _tinted(np.asarray(1 + clouds + grit - pores), colour)


def felt(tile: Tile) -> Texture:
    """A soft plain mat."""
    rng = tile.rng(0)
    colour = pick(rng, (*_TONES, (40, 92, 60), (44, 56, 96), (130, 44, 52)))
    fuzz = tile.noise(1, 3) * 0.04 + tile.noise(2, 8) * 0.035 + tile.noise(3, 60) * 0.03
    return _tinted(np.asarray(1 + fuzz), colour)


def stone(tile: Tile) -> Texture:
    """Polished stone with veins."""
    rng = tile.rng(0)
    colour = pick(rng, ((224, 222, 218), (190, 186, 178), (64, 66, 70), (120, 116, 108)), 6)
    bend = tile.noise(1, 380) * 1.3 + tile.noise(2, 120) * 0.4 + tile.noise(3, 40) * 0.15
    veins = np.exp(-np.abs(bend) * 14) * float(rng.choice([-0.28, 0.22]))
    clouds = tile.noise(4, 200) * 0.035 + tile.noise(5, 20) * 0.015
    return _tinted(np.asarray(1 + veins + clouds), colour)


def painted(tile: Tile) -> Texture:
    """A bench under old paint, scuffed through and dirty in places."""
    rng = tile.rng(0)
    paints = ((222, 220, 214), (204, 206, 204), (232, 228, 216), (168, 180, 178), (150, 158, 170))
    clouds = tile.noise(1, 600) * 0.025 + tile.noise(2, 90, 40) * 0.012 + tile.noise(6, 3) * 0.012
    dirt = np.clip(tile.noise(3, 240) - 0.5, 0, 1.2) * np.clip(tile.noise(4, 26) + 0.4, 0, 1.5)
    chips = np.clip(tile.noise(3, 240) + tile.noise(5, 9) - 3.3, 0, 0.5) * 1.1
    return _tinted(np.asarray(1 + clouds - dirt * 0.14 - chips), pick(rng, paints, 5))


SURFACES: Mapping[str, Callable[[Tile], Texture]] = MappingProxyType(
    {
        draw.__name__: draw
        for draw in (
            wood,
            brushed_metal,
            cloth,
            laminate,
            paper,
            cutting_mat,
            concrete,
            felt,
            stone,
            painted,
        )
    }
)
"""Every surface by its name."""
