"""What use leaves on a table: scratches, specks, rings of cups and drops of paint."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from robot.kinds.canvas import Rgb
from robot.kinds.materials import PLASTICS, WOODS, pick

_CLEAN_SHARE = 0.35
"""The share of tables that show no wear at all."""

_SHIFT = 4  # binary digits behind the point in OpenCV's fixed-point coordinates


def lay_wear(drawn: NDArray[np.uint8], texel_px: float, rng: np.random.Generator) -> None:
    """Mark a square of table ``(n, n, 3)`` uint8 RGB, more or less, at times not at all."""
    if rng.random() < _CLEAN_SHARE:
        return
    wear = float(rng.uniform(0.2, 1.0)) * (len(drawn) * texel_px / 1536.0) ** 2
    marks = np.zeros(drawn.shape[:2], np.uint8)
    _scratch(marks, texel_px, rng, int(rng.poisson(30 * wear)))
    _speck(marks, texel_px, rng, int(rng.poisson(90 * wear)))
    _ring(marks, texel_px, rng, int(rng.poisson(1.5 * wear)))
    tone = (255, 255, 255) if rng.random() < 0.3 else (30, 26, 22)
    _blend(drawn, marks, tone)
    for _ in range(int(rng.poisson(5 * wear))):
        drop = np.zeros_like(marks)
        _drop(drop, texel_px, rng)
        _blend(drawn, drop, pick(rng, (*PLASTICS, *WOODS, (240, 240, 236), (34, 34, 36))))


def _scratch(marks: NDArray[np.uint8], texel_px: float, rng: np.random.Generator, n: int) -> None:
    for _ in range(n):
        start = rng.uniform(0, len(marks), 2)
        angle, length = rng.uniform(0, 2 * np.pi), rng.exponential(60) / texel_px
        bend = start + length * 0.5 * np.array([np.cos(angle), np.sin(angle)])
        angle += rng.normal(0, 0.15)
        end = bend + length * 0.5 * np.array([np.cos(angle), np.sin(angle)])
        line = np.round(np.stack([start, bend, end]) * 2**_SHIFT).astype(np.int32)
        strength = int(rng.uniform(14, 70) * min(1.0, 1.5 / texel_px))
        cv2.polylines(marks, [line], False, strength, 1, cv2.LINE_AA, _SHIFT)


def _speck(marks: NDArray[np.uint8], texel_px: float, rng: np.random.Generator, n: int) -> None:
    """Scatter crumbs and dirt, most of it about a few places."""
    places = rng.uniform(0, len(marks), (4, 2))
    for _ in range(n):
        spread = rng.exponential(140) / texel_px
        x, y = places[int(rng.integers(4))] + rng.normal(0, spread, 2)
        axes = rng.uniform(0.8, 4.5, 2) * rng.uniform(0.5, 1.3) / texel_px
        _ellipse(marks, (x, y), axes, float(rng.uniform(0, 180)), int(rng.uniform(30, 170)), -1)


def _ring(marks: NDArray[np.uint8], texel_px: float, rng: np.random.Generator, n: int) -> None:
    for _ in range(n):
        radius = rng.uniform(45, 110) / texel_px
        place = rng.uniform(0, len(marks), 2)
        width = max(1, round(float(rng.uniform(2, 7)) / texel_px))
        strength = int(rng.uniform(12, 50))
        _ellipse(marks, (place[0], place[1]), np.array([radius, radius]), 0.0, strength, width)


def _drop(marks: NDArray[np.uint8], texel_px: float, rng: np.random.Generator) -> None:
    x, y = rng.uniform(0, len(marks), 2)
    for _ in range(int(rng.integers(1, 5))):
        axes = rng.uniform(1.5, 9, 2) / texel_px
        _ellipse(marks, (x, y), axes, float(rng.uniform(0, 180)), int(rng.uniform(90, 240)), -1)
        x, y = np.array([x, y]) + rng.normal(0, 9, 2) / texel_px


def _ellipse(
    marks: NDArray[np.uint8],
    centre: tuple[float, float],
    axes: NDArray[np.float64],
    angle_deg: float,
    strength: int,
    width: int,
) -> None:
    one = 2**_SHIFT
    at = (round(float(centre[0]) * one), round(float(centre[1]) * one))
    half = (max(one // 2, round(float(axes[0]) * one)), max(one // 2, round(float(axes[1]) * one)))
    cv2.ellipse(marks, at, half, angle_deg, 0, 360, strength, width, cv2.LINE_AA, _SHIFT)


def _blend(drawn: NDArray[np.uint8], marks: NDArray[np.uint8], colour: Rgb) -> None:
    """Mix a colour in where marks are, ``(n, n)`` uint8, 255 for the colour alone."""
    x, y, w, h = cv2.boundingRect(marks)
    part, marks = drawn[y : y + h, x : x + w], marks[y : y + h, x : x + w]
    is_marked = marks > 0
    under = part[is_marked]
    share = marks[is_marked, None].astype(np.float32) / 255
    part[is_marked] = under + (np.asarray(colour, np.float32) - under) * share
