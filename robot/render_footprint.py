"""What of a thing a picture shows, pixel by pixel."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from robot.kinds import Sprite

_SOLID = 100  # coverage, of 255, from which a pixel counts as the thing's own


@dataclass(frozen=True, slots=True, eq=False)
class Footprint:
    """Where a thing appears.

    Attributes:
        shown: ``(h, w)`` bool, the pixels that are the thing's own; some are.
        corner_px: The column and the row of the picture where ``shown`` begins.
        area_px: How many pixels the whole thing would cover.
    """

    shown: NDArray[np.bool_]
    corner_px: tuple[int, int]
    area_px: float

    @property
    def xyxy_px(self) -> tuple[float, float, float, float]:
        """The box around the part of it that the picture shows."""
        x, y, w, h = cv2.boundingRect(self.shown.view(np.uint8))
        left, top = self.corner_px
        return (float(left + x), float(top + y), float(left + x + w), float(top + y + h))

    @property
    def visible_fraction(self) -> float:
        """How much of its area the picture shows, in 0 to 1."""
        return min(1.0, float(np.count_nonzero(self.shown)) / max(1.0, self.area_px))

    def under(self, other: Footprint) -> Footprint | None:
        """Return what shows of it under another thing, ``None`` if nothing does."""
        (left, top), (other_left, other_top) = self.corner_px, other.corner_px
        (height, width), (other_height, other_width) = self.shown.shape, other.shown.shape
        x_min, x_max = max(left, other_left), min(left + width, other_left + other_width)
        y_min, y_max = max(top, other_top), min(top + height, other_top + other_height)
        if x_min >= x_max or y_min >= y_max:
            return self
        shown = self.shown.copy()
        shown[y_min - top : y_max - top, x_min - left : x_max - left] &= ~other.shown[
            y_min - other_top : y_max - other_top, x_min - other_left : x_max - other_left
        ]
        return replace(self, shown=shown) if shown.any() else None


def footprint_of(
    alpha: NDArray[np.uint8], corner_px: tuple[int, int], sprite: Sprite, scale: float
) -> Footprint | None:
    """Return what of a sprite shows, given its coverage of the picture from a corner on.

    Args:
        alpha: ``(h, w)``, 255 where it covers a pixel wholly; ``h`` and ``w`` may be 0.
        scale: Pixels of the picture a pixel of the sprite.
    """
    x, y, w, h = cv2.boundingRect((alpha >= _SOLID).view(np.uint8)) if alpha.size else (0, 0, 0, 0)
    if w == 0:
        return None
    shown = np.ascontiguousarray(alpha[y : y + h, x : x + w] >= _SOLID)
    n_all = np.count_nonzero(sprite.rgba[..., 3] >= _SOLID) * scale**2
    return Footprint(shown, (corner_px[0] + x, corner_px[1] + y), n_all)
