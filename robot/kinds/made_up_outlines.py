"""Outlines of made-up things: families of shapes, each drawn from a few numbers in 0 to 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from robot.kinds.canvas import Canvas, Mask, Points, arc

N_NUMBERS = 10
"""How many numbers determine an outline."""

Numbers = NDArray[np.float64]
"""``(10,)`` in 0 to 1: a near set of numbers gives a near outline of the same family."""

Outline = Callable[[Canvas, Numbers], Mask]
"""Draws an outline within the circle of diameter 1 around the origin, longest along x."""


def united(*masks: Mask) -> Mask:
    """Return what any of the parts covers."""
    whole = masks[0]
    for mask in masks[1:]:
        whole = np.maximum(whole, mask)
    return whole


def without(mask: Mask, hole: Mask) -> Mask:
    """Return a part with a hole in it."""
    return np.asarray(cv2.subtract(mask, hole), np.uint8)


def _between(number: float, low: float, high: float) -> float:
    return low + (high - low) * float(number)


def _count(number: float, low: int, high: int) -> int:
    return min(high, low + int(number * (high - low + 1)))


def _ellipse(canvas: Canvas, p: Numbers) -> Mask:
    return canvas.ellipse(0, 0, 0.49, 0.49 * _between(p[0], 0.3, 1.0))


def _slab(canvas: Canvas, p: Numbers) -> Mask:
    """A rectangle with corners more or less round, some of them cut off."""
    aspect = _between(p[0], 0.22, 1.0)
    w = 0.97 / np.hypot(1, aspect)
    h = w * aspect
    corner = h / 2 * max(0.0, _between(p[1], -0.3, 1.0))
    mask = canvas.box(0, 0, w, h, corner)
    if p[2] > 0.75:
        bite = h * _between(p[3], 0.15, 0.4)
        notch: Points = ((w / 2 - bite, -h / 2), (w / 2, -h / 2), (w / 2, -h / 2 + bite))
        mask = without(mask, canvas.polygon(notch))
    return mask


def _polygon(canvas: Canvas, p: Numbers) -> Mask:
    n = _count(p[0], 3, 8)
    angle = np.arange(n) * (2 * np.pi / n) + p[1] * np.pi
    squeeze = _between(p[2], 0.55, 1.0)
    points = 0.49 * np.stack([np.cos(angle), squeeze * np.sin(angle)], axis=1)
    if p[3] > 0.6:
        points[:, 0] *= 1 - _between(p[4], 0.0, 0.5) * (points[:, 1] + 0.49)
    return canvas.polygon(points)


def _star(canvas: Canvas, p: Numbers) -> Mask:
    """A star, a flower or a gear, by how its rim goes in and out."""
    n = _count(p[0], 3, 14)
    depth = _between(p[1], 0.12, 0.6) * min(1.0, 7 / n)
    angle = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    wave = np.clip(np.cos(n * angle) * _between(p[2], 0.7, 4.0), -1, 1)
    radius = 0.49 * (1 - depth * (0.5 - 0.5 * wave))
    return canvas.polygon(np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1))


def _blob(canvas: Canvas, p: Numbers) -> Mask:
    angle = np.linspace(0, 2 * np.pi, 120, endpoint=False)
    radius = np.ones_like(angle)
    for k in range(2, 6):
        strength = 0.34 * (p[k] - 0.5) * 2 / k
        radius += strength * np.cos(k * angle + 2 * np.pi * p[k + 4])
    x, y = radius * np.cos(angle), radius * np.sin(angle) * _between(p[0], 0.4, 1.0)
    longest = max(np.hypot(x, y).max(), 1e-6)
    return canvas.polygon(np.stack([x, y], axis=1) * (0.49 / longest))


def _turned(canvas: Canvas, p: Numbers) -> Mask:
    """A thing turned on a lathe: a bottle, a peg, a bolt, a seed; smooth or in steps."""
    widths = 0.06 + (0.06 + 0.38 * p[8] ** 1.5) * p[:6]
    x = np.linspace(-0.48, 0.48, 97)
    at = (x + 0.48) / 0.96 * 5
    if p[6] > 0.5:
        half = widths[np.minimum(np.round(at).astype(int), 5)]
    else:
        half = np.interp(at, np.arange(6), widths)
        half = np.convolve(np.pad(half, 8, "edge"), np.ones(17) / 17, "valid")
    if p[7] > 0.4:
        half = half * np.sqrt(np.clip(1 - (np.abs(x) / 0.485) ** _between(p[9], 2, 12), 0, 1))
    half = np.minimum(half, np.sqrt(0.25 - np.minimum(x * x, 0.249)))
    upper, lower = np.stack([x, half], axis=1), np.stack([x, -half], axis=1)[::-1]
    return canvas.polygon(np.concatenate([upper, lower]))


def _ring(canvas: Canvas, p: Numbers) -> Mask:
    squeeze = _between(max(0.0, p[0] - 0.4) / 0.6, 1.0, 0.6)
    inner = _between(p[1], 0.3, 0.85)
    outer = _polygon(canvas, p[[2, 3, 9, 8, 8]]) if p[4] > 0.65 else None
    if outer is None:
        outer = canvas.ellipse(0, 0, 0.49, 0.49 * squeeze)
    hole = canvas.ellipse(0, 0, 0.49 * inner * 0.8, 0.49 * inner * squeeze * 0.8)
    mask = without(outer, hole)
    if p[5] > 0.75:
        mask = without(mask, canvas.box(0.4, 0, 0.4, _between(p[6], 0.1, 0.4)))
    return mask


def _headed(canvas: Canvas, p: Numbers) -> Mask:
    """A shaft with something at its ends: pins, keys, spanners, hammers."""
    width = _between(p[0], 0.04, 0.2)
    mask = canvas.box(0, 0, 0.84, width, width * p[1] / 2)
    for end, size, kind in ((-1, p[2], p[3]), (1, p[4], p[5])):
        radius = _between(size, 0.08, 0.22)
        x = end * (0.49 - radius)
        if kind < 0.25:
            mask = united(mask, canvas.disc(x, 0, radius))
        elif kind < 0.45:
            mask = united(mask, canvas.box(x, 0, radius * 0.8, radius * 2.4, radius * 0.2))
        elif kind < 0.65:
            jaw = without(canvas.disc(x, 0, radius), canvas.disc(x + end * 0.06, 0, radius * 0.6))
            mask = united(mask, jaw)
        elif kind < 0.8:
            tip: Points = ((x - end * 0.1, -radius), (end * 0.49, 0), (x - end * 0.1, radius))
            mask = united(mask, canvas.polygon(tip))
    return mask


def _crossed(canvas: Canvas, p: Numbers) -> Mask:
    """Two or three bars laid over each other: crosses, T, L, pliers."""
    bars = []
    spread = _between(p[0], 0.25, 1.57)
    for k in range(2 if p[1] < 0.7 else 3):
        angle = (k - 0.5) * spread
        c, s = np.cos(angle), np.sin(angle)
        shift = _between(p[2 + k], -0.12, 0.12) if p[5] > 0.4 else 0.2
        bend = _between(p[6], -0.1, 0.1)
        ends = np.array([(-0.42, bend), (shift, 0.0), (0.42, bend)]) @ np.array([[c, s], [-s, c]])
        bars.append(canvas.stroke(ends, _between(p[7], 0.05, 0.16)))
    return united(*bars)


def _bent(canvas: Canvas, p: Numbers) -> Mask:
    """A wire, tube or strap along a curve: hooks, clips, springs, S and C."""
    t = np.linspace(0, 1, 80)
    turns = _between(p[0], 0.3, 2.2) * 2 * np.pi
    if p[1] > 0.5:
        radius = 0.43 * (1 - _between(p[2], 0.0, 0.7) * t)
        points = np.stack([radius * np.cos(turns * t), radius * np.sin(turns * t)], axis=1)
    else:
        waves = _between(p[3], 0.5, 7.0)
        high = _between(p[4], 0.06, 0.25)
        points = np.stack([0.86 * (t - 0.5), high * np.sin(2 * np.pi * waves * t)], axis=1)
    return canvas.stroke(points, _between(p[5] ** 2, 0.025, 0.14))


def _crescent(canvas: Canvas, p: Numbers) -> Mask:
    bow = arc(0, 0.25, 0.47, _between(p[0], 0.3, 0.62), 180, 360, 40)
    under = arc(0, 0.25, 0.47, _between(p[1], -0.1, 0.25), 360, 180, 40)
    return canvas.polygon(np.concatenate([bow, under]) * (1, 0.8))


OUTLINES: Mapping[str, Outline] = MappingProxyType(
    {
        "ellipse": _ellipse,
        "slab": _slab,
        "polygon": _polygon,
        "star": _star,
        "blob": _blob,
        "turned": _turned,
        "ring": _ring,
        "headed": _headed,
        "crossed": _crossed,
        "bent": _bent,
        "crescent": _crescent,
    }
)
"""Every family by its name."""
