"""Outlines that several kinds share; all in units of the thing's length."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from robot.kinds.canvas import Mask, Points

Outline = NDArray[np.float64]
"""``(k, 2)`` corners, x right and y down."""


def mirrored(upper: Sequence[tuple[float, float]]) -> Outline:
    """Return the outline that a half profile makes with its mirror image across the x axis."""
    half = np.asarray(upper, np.float64)
    return np.concatenate([half, half[::-1] * (1.0, -1.0)])


def polar(radius: NDArray[np.float64], x: float = 0.0, y: float = 0.0) -> Outline:
    """Return the outline whose ``(k,)`` distances from ``(x, y)`` go once around."""
    angle = np.linspace(0, 2 * np.pi, len(radius), endpoint=False)
    return np.stack([x + radius * np.cos(angle), y + radius * np.sin(angle)], axis=1)


def blob(rng: np.random.Generator, rough: float, n: int = 72) -> Outline:
    """Return a smooth closed outline by chance, fitted to the unit circle's inside."""
    angle = np.linspace(0, 2 * np.pi, n, endpoint=False)
    radius = np.ones(n)
    for k in range(2, 6):
        radius += rng.normal(0, rough / k) * np.cos(k * angle + rng.uniform(0, 6.3))
    return fitted(polar(np.clip(radius, 0.3, 2.0)))


def fitted(points: Points, reach: float = 0.48) -> Outline:
    """Return points moved onto the middle of their box, and scaled to reach that far from it."""
    at = np.asarray(points, np.float64)
    at = at - (at.max(axis=0) + at.min(axis=0)) / 2
    return np.asarray(at * (reach / np.hypot(at[:, 0], at[:, 1]).max()))


def without(mask: Mask, hole: Mask) -> Mask:
    """Return what one part leaves of another."""
    return np.asarray(cv2.subtract(mask, hole), np.uint8)


def both(mask: Mask, other: Mask) -> Mask:
    """Return what two parts share."""
    return np.asarray(np.minimum(mask, other), np.uint8)
