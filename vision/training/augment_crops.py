"""Crops varied as other cameras, lamps and boxes would show the same thing."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vision.ports import RgbImage

_GREY_WEIGHTS = np.array([0.299, 0.587, 0.114], np.float32)


def varied_crop(crop_rgb: RgbImage, rng: np.random.Generator) -> RgbImage:
    """Vary what does not make a thing another kind: turn, slant, light, sharpness, its box.

    Nets that learn from rendered crops alone take the renderer's camera for the world; these
    variations go beyond it, so that photographs fall inside of what was learnt.
    """
    varied = np.rot90(crop_rgb, int(rng.integers(4)))
    if rng.random() < 0.5:
        varied = varied[:, ::-1]
    varied = _moved_edges(varied, rng)
    if rng.random() < 0.5:
        varied = _slanted(varied, rng)
    varied = _relit(varied, rng)
    if rng.random() < 0.4:
        varied = _coarsened(varied, rng)
    if rng.random() < 0.25:
        varied = _partly_hidden(varied, rng)
    if rng.random() < 0.4:
        varied = _recompressed(varied, int(rng.integers(25, 92)))
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


def _slanted(crop_rgb: RgbImage, rng: np.random.Generator) -> RgbImage:
    """Shear and squeeze as a camera that looks from aside does; the mean colour fills corners."""
    height, width = crop_rgb.shape[:2]
    linear = np.eye(2) + rng.normal(0, 0.12, (2, 2)).clip(-0.25, 0.25)
    centre = np.array([width, height]) / 2
    shift = centre - linear @ centre
    grid = (*linear[0], shift[0], *linear[1], shift[1])
    fill = tuple(int(value) for value in _rim(crop_rgb).mean(axis=0))
    slanted = Image.fromarray(np.ascontiguousarray(crop_rgb)).transform(
        (width, height),
        Image.Transform.AFFINE,
        tuple(float(number) for number in grid),
        Image.Resampling.BILINEAR,
        fillcolor=fill,
    )
    return np.asarray(slanted, np.uint8)


def _rim(crop_rgb: RgbImage) -> RgbImage:
    """Return the pixels of the outermost rows and columns, ``(n, 3)``: background, mostly."""
    sides = (crop_rgb[0], crop_rgb[-1], crop_rgb[:, 0], crop_rgb[:, -1])
    return np.concatenate(sides)


def _relit(crop_rgb: RgbImage, rng: np.random.Generator) -> RgbImage:
    """Vary exposure, white balance, contrast, saturation and noise."""
    gain = rng.uniform(0.7, 1.3) * rng.uniform(0.86, 1.14, 3)
    levels = np.linspace(0, 1, 256)[:, None] ** rng.uniform(0.65, 1.5) * gain * 255
    table = np.clip(levels, 0, 255).astype(np.float32)
    relit = np.stack([table[crop_rgb[..., c], c] for c in range(3)], axis=-1)
    grey = (relit @ _GREY_WEIGHTS)[..., None]
    relit = grey + (relit - grey) * np.float32(rng.uniform(0.5, 1.4))
    if rng.random() < 0.3:
        relit += rng.normal(0, rng.uniform(1, 9), relit.shape).astype(np.float32)
    return np.asarray(np.clip(relit, 0, 255), np.uint8)


def _coarsened(crop_rgb: RgbImage, rng: np.random.Generator) -> RgbImage:
    """Lose detail as a crop of few pixels has lost it."""
    height, width = crop_rgb.shape[:2]
    longest = rng.uniform(16, 72)
    share = min(1.0, longest / max(height, width))
    picture = Image.fromarray(np.ascontiguousarray(crop_rgb))
    size = (max(2, round(width * share)), max(2, round(height * share)))
    small = picture.resize(size, Image.Resampling.BOX)
    return np.asarray(small.resize((width, height), Image.Resampling.BICUBIC), np.uint8)


def _partly_hidden(crop_rgb: RgbImage, rng: np.random.Generator) -> RgbImage:
    """Cover a rectangle of up to a third of each side with one colour."""
    height, width = crop_rgb.shape[:2]
    rows, columns = (max(1, int(side * rng.uniform(0.1, 0.35))) for side in (height, width))
    top, left = (int(rng.integers(0, s - n + 1)) for s, n in ((height, rows), (width, columns)))
    hidden = crop_rgb.copy()
    hidden[top : top + rows, left : left + columns] = rng.integers(0, 256, 3)
    return hidden


def _recompressed(crop_rgb: RgbImage, quality: int) -> RgbImage:
    data = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(crop_rgb)).save(data, "JPEG", quality=quality)
    return np.asarray(Image.open(data), np.uint8)
