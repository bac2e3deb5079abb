"""How a thing is cut out of a picture before the embedder looks at it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sorter.errors import InvalidBoxError
from vision.ports import RgbImage

MARGIN = 0.1
"""How much a box grows at each end, as a share of its side."""


def crop_rgb(image_rgb: RgbImage, xyxy_px: Sequence[float]) -> RgbImage:
    """Cut out a box grown by :data:`MARGIN`, clipped to the picture.

    Args:
        image_rgb: ``(height, width, 3)`` uint8.
        xyxy_px: One box in its pixels.

    Returns:
        ``(h, w, 3)`` uint8 of its own memory, at least one pixel a side.

    Raises:
        InvalidBoxError: The box is empty, not finite, or lies outside the picture.
    """
    x_min, y_min, x_max, y_max = (float(edge) for edge in xyxy_px)
    if not (x_min < x_max and y_min < y_max and math.isfinite(x_max - x_min + y_max - y_min)):
        raise InvalidBoxError(f"empty, inverted or not finite: {list(xyxy_px)}")
    left, right = _grown(x_min, x_max, image_rgb.shape[1])
    top, bottom = _grown(y_min, y_max, image_rgb.shape[0])
    if left >= right or top >= bottom:
        raise InvalidBoxError(f"outside of a picture of {image_rgb.shape[:2]}: {list(xyxy_px)}")
    return image_rgb[top:bottom, left:right].copy()


def _grown(low: float, high: float, side_px: int) -> tuple[int, int]:
    margin = (high - low) * MARGIN
    return max(0, math.floor(low - margin)), min(side_px, math.ceil(high + margin))
