"""Drawing containers as sprites: rim, wall, floor and what they are made of."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from robot.kinds import Sprite
from robot.kinds.canvas import Canvas, Points
from robot.kinds.materials import scaled
from robot.table import Stuff, TableContainer

_GLOSS = {
    Stuff.PLASTIC: 0.34,
    Stuff.METAL: 0.7,
    Stuff.WOOD: 0.12,
    Stuff.CARDBOARD: 0.02,
    Stuff.CERAMIC: 0.42,
}


def wall_px(container: TableContainer) -> float:
    """Return how thick a container's rim is."""
    return float(np.random.default_rng((container.seed, 1)).uniform(9, 20))


def opening_px(container: TableContainer) -> NDArray[np.float64]:
    """Return the outline of a container's opening, around its own centre, not turned."""
    return container.outline_px * (1 - 2 * wall_px(container) / min(container.size_px))


def draw_container(container: TableContainer, resolution: float) -> Sprite:
    """Return a container, unlit, for pictures of that resolution; the last few are remembered."""
    return _draw(
        container.size_px,
        tuple(map(tuple, container.outline_px)),
        tuple(map(tuple, opening_px(container))),
        container.stuff,
        container.colour,
        container.seed,
        resolution,
    )


@lru_cache(maxsize=16)
def _draw(
    size_px: tuple[float, float],
    outline_px: Points,
    inside_px: Points,
    stuff: Stuff,
    colour: tuple[float, float, float],
    seed: int,
    resolution: float,
) -> Sprite:
    unit = max(size_px)
    rng = np.random.default_rng((seed, 2))
    canvas = Canvas(unit * resolution, oversampling=0.75 if resolution > 0.6 else 1.3)
    outline, inside = np.asarray(outline_px) / unit, np.asarray(inside_px) / unit
    gloss = _GLOSS[stuff]
    rim = rng.uniform(0.008, 0.02)
    deep = rng.uniform(0.05, 0.1)
    slant = rng.uniform(0.05, 0.12)
    canvas.add(canvas.polygon(outline), colour, height=rim * 1.6, bevel=rim, gloss=gloss)
    floor = scaled(colour, rng.uniform(0.78, 0.97))
    canvas.add(
        canvas.polygon(inside), floor, lift=rim * 1.6, height=-deep, bevel=slant, gloss=gloss * 0.7
    )
    _TEXTURES[stuff](canvas, rng, inside)
    return canvas.finish(rng, scratches=0.1)


def _mould(canvas: Canvas, rng: np.random.Generator, inside: NDArray[np.float64]) -> None:
    """Give plastic and ceramics ridges or a ring in the floor, now and then."""
    style = int(rng.integers(4))
    if style == 0:
        at = np.linspace(-0.3, 0.3, int(rng.integers(4, 9)))
        ribs: list[Points] = [((x, -0.28), (x, 0.28)) for x in at]
        cut = np.minimum(canvas.lines(ribs, 0.012), canvas.polygon(inside * 0.75))
        canvas.engrave(cut, -0.008, 0.05)
    elif style == 1:
        ring = cv2.subtract(canvas.polygon(inside * 0.66), canvas.polygon(inside * 0.63))
        canvas.engrave(np.asarray(ring, np.uint8), 0.008, 0.1)


def _brush(canvas: Canvas, rng: np.random.Generator, inside: NDArray[np.float64]) -> None:
    """Give metal its brushing and a pressed ring."""
    canvas.streak(rng, 0.05)
    ring = cv2.subtract(canvas.polygon(inside * 0.7), canvas.polygon(inside * 0.66))
    canvas.engrave(np.asarray(ring, np.uint8), 0.01, 0.05)


def _grain(canvas: Canvas, rng: np.random.Generator, inside: NDArray[np.float64]) -> None:
    """Give wood its grain, and the floor its own boards."""
    rows = cv2.resize(rng.standard_normal((90, 1)).astype(np.float32), (1, 400))
    waves = cv2.resize(rng.standard_normal((9, 5)).astype(np.float32), (40, 400))
    canvas.multiply(np.asarray(1 + 0.07 * rows + 0.03 * np.sin(waves * 4), np.float32))
    joints: list[Points] = [((-0.5, y), (0.5, y)) for y in (-0.18, 0.02, 0.2)]
    canvas.engrave(
        np.minimum(canvas.lines(joints, 0.006), canvas.polygon(inside * 0.97)), 0.004, 0.4
    )


def _corrugate(canvas: Canvas, rng: np.random.Generator, inside: NDArray[np.float64]) -> None:
    """Give cardboard its flutes and a strip of tape."""
    flutes = 1 + 0.03 * np.sin(np.linspace(0, 2 * np.pi * 36, 300, dtype=np.float32))
    canvas.multiply(np.repeat(flutes[None, :], 4, axis=0))
    if rng.random() < 0.5:
        tape = np.minimum(canvas.box(0, rng.uniform(-0.1, 0.1), 1, 0.12), canvas.polygon(inside))
        canvas.paint(tape, (206, 178, 128), 0.6)


_TEXTURES = {
    Stuff.PLASTIC: _mould,
    Stuff.CERAMIC: _mould,
    Stuff.METAL: _brush,
    Stuff.WOOD: _grain,
    Stuff.CARDBOARD: _corrugate,
}
