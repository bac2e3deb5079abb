"""Crops of any proportions on squares of one size."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from vision.ports import RgbImage

ResizeRgb = Callable[[RgbImage, tuple[int, int]], NDArray[np.uint8]]
"""Returns a picture at another width and height, smoothed before it is thinned out."""

_PADDING_RGB = (124, 116, 104)  # the mean colour, which is 0 once normalised


def squared_rgb(crop_rgb: RgbImage, side_px: int, resize: ResizeRgb) -> NDArray[np.uint8]:
    """Scale a crop until its longer side is ``side_px`` and pad it to a square in the middle.

    Proportions survive, which tell a bolt from a nut; a plain resize would lose them.
    """
    small = longest_side_rgb(crop_rgb, side_px, resize)
    height, width = small.shape[:2]
    square = np.empty((side_px, side_px, 3), np.uint8)
    square[:] = _PADDING_RGB
    left, top = (side_px - width) // 2, (side_px - height) // 2
    square[top : top + height, left : left + width] = small
    return square


def longest_side_rgb(crop_rgb: RgbImage, side_px: int, resize: ResizeRgb) -> NDArray[np.uint8]:
    """Scale a crop until its longer side is ``side_px``; the shorter one keeps a pixel at least."""
    height, width = crop_rgb.shape[:2]
    scale = side_px / max(height, width)
    return resize(crop_rgb, (max(1, round(width * scale)), max(1, round(height * scale))))
