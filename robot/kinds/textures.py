"""Textures laid on parts: grain, weave, speckles and prints. Chance draws the same at any scale."""

from __future__ import annotations

import cv2
import numpy as np

from robot.kinds.canvas import Canvas, Mask, Points, Rgb


def wood_grain(canvas: Canvas, rng: np.random.Generator, mask: Mask, strength: float = 0.3) -> None:
    """Give a part year rings that run along x, bent a little, and pores."""
    x, y = canvas.places()
    rings, phase = float(rng.uniform(6, 13)), float(rng.uniform(0, 6.3))
    bow = float(rng.uniform(0.03, 0.12)) * np.sin(float(rng.uniform(2, 5)) * x + phase)
    wave = 0.5 + 0.5 * np.sin(2 * np.pi * rings * (y + bow * (0.4 + y)))
    fine = cv2.resize(
        rng.standard_normal((90, 5)).astype(np.float32),
        (canvas.n, canvas.n),
        interpolation=cv2.INTER_LINEAR,
    )
    tone = 1 - strength * wave * wave * wave + 0.25 * strength * np.clip(fine, -2, 2)
    canvas.modulate(mask, np.asarray(tone, np.float32))


def weave(canvas: Canvas, mask: Mask, threads: float, strength: float = 0.3) -> None:
    """Give a part the over and under of that many threads a length, each way."""
    x, y = canvas.places()
    over = np.sin(np.pi * threads * x) * np.sin(np.pi * threads * y)
    canvas.modulate(mask, np.asarray(1 + strength * over, np.float32))


def speckle(
    canvas: Canvas, rng: np.random.Generator, mask: Mask, cells: int, strength: float
) -> None:
    """Lighten and darken a part by chance, in patches of a length divided by ``cells``."""
    noise = rng.standard_normal((cells, cells)).astype(np.float32)
    tone = cv2.resize(noise, (canvas.n, canvas.n), interpolation=cv2.INTER_LINEAR)
    canvas.modulate(mask, np.asarray(1 + strength * np.clip(tone, -1.8, 1.8), np.float32))


def stripes(canvas: Canvas, mask: Mask, colour: Rgb, lean_rad: float, count: float) -> None:
    """Paint slanting stripes, ``count`` a length, over a part."""
    x, y = canvas.places()
    along = x * np.float32(np.cos(lean_rad)) + y * np.float32(np.sin(lean_rad))
    soft = np.float32(canvas.unit_px / (2 * np.pi * count))  # a pixel of antialiasing
    inked = np.clip(np.sin(2 * np.pi * count * along) * soft + 0.5, 0, 1)
    canvas.paint(np.asarray(np.minimum(mask, (inked * 255).astype(np.uint8)), np.uint8), colour)


def stitches(canvas: Canvas, outline: Points, colour: Rgb, count: int, width: float) -> None:
    """Sew dashes along a closed outline."""
    at = np.asarray(outline, np.float64)
    closed = np.concatenate([at, at[:1]])
    along = np.append(0, np.cumsum(np.hypot(*np.diff(closed, axis=0).T)))
    dashes: list[Points] = []
    for i in range(count):
        ends = (np.array([0.0, 0.55]) + i) / count * along[-1]
        dashes.append(np.stack([np.interp(ends, along, closed[:, k]) for k in range(2)], axis=1))
    seam = canvas.lines(dashes, width)
    canvas.paint(seam, colour, 0.95)
