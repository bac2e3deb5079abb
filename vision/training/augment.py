"""Pictures varied cheaply, in numpy, so that nets learn what matters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sorter.types import BoxArray, FloatArray
from vision.ports import RgbImage


def varied_view(
    image_rgb: RgbImage, xyxy_px: BoxArray, rng: np.random.Generator
) -> tuple[RgbImage, BoxArray]:
    """Mirror a view at random, boxes with it, and vary its light and colour."""
    height, width = image_rgb.shape[:2]
    boxes = xyxy_px.copy()
    if rng.random() < 0.5:
        image_rgb = image_rgb[:, ::-1]
        boxes[:, [0, 2]] = width - boxes[:, [2, 0]]
    if rng.random() < 0.5:
        image_rgb = image_rgb[::-1]
        boxes[:, [1, 3]] = height - boxes[:, [3, 1]]
    return varied_colour(image_rgb, rng), boxes


def varied_crop(crop_rgb: RgbImage, rng: np.random.Generator) -> RgbImage:
    """Turn and mirror a crop, move its edges as an inexact box would, and vary its colour."""
    turned = np.rot90(crop_rgb, int(rng.integers(4)))
    if rng.random() < 0.5:
        turned = turned[:, ::-1]
    return varied_colour(_moved_edges(turned, rng), rng)


def varied_colour(image_rgb: RgbImage, rng: np.random.Generator) -> RgbImage:
    """Vary brightness, contrast, tint and noise by amounts that a lamp and a camera would."""
    gain = rng.uniform(0.8, 1.25) * rng.uniform(0.94, 1.06, 3)
    gamma = rng.uniform(0.85, 1.18)
    levels = np.linspace(0, 1, 256)[:, None] ** gamma * gain * 255
    table = np.clip(levels, 0, 255).astype(np.uint8)
    varied: RgbImage = np.stack([table[image_rgb[..., c], c] for c in range(3)], axis=-1)
    if rng.random() < 0.3:
        noise: FloatArray = rng.normal(0, rng.uniform(1, 5), varied.shape).astype(np.float32)
        varied = np.clip(varied + noise, 0, 255).astype(np.uint8)
    return varied


def _moved_edges(crop_rgb: RgbImage, rng: np.random.Generator) -> RgbImage:
    """Move each edge by up to 8 % of its side: inwards by cutting, outwards by repeating pixels."""
    height, width = crop_rgb.shape[:2]
    low, high = rng.uniform(-0.08, 0.08, 2), rng.uniform(-0.08, 0.08, 2)
    rows = _sampled(height, low[0], high[0])
    columns = _sampled(width, low[1], high[1])
    return crop_rgb[rows][:, columns]


def _sampled(side_px: int, low: float, high: float) -> NDArray[np.int64]:
    first, last = round(low * side_px), round((1 + high) * side_px)
    return np.clip(np.arange(first, max(first + 1, last)), 0, side_px - 1)
