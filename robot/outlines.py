"""The ground that things cover on the table, for laying one against or over another."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from robot.kinds import kind_named
from robot.table import TableItem, Xy

CELL_PX = 1.25
"""The side of the cells in which ground is counted, in table pixels."""

_SOLID = 100  # coverage, of 255, from which a cell counts as the thing's own

Ground = NDArray[np.bool_]
"""``(n, n)`` bool, true where a thing covers the table; ``n`` is odd, its centre in the middle."""


def ground_of(item: TableItem, turn_rad: float = 0.0) -> Ground:
    """Return what an item covers, in cells, x right and y down, turned clockwise on top."""
    alpha, length = _alpha(item.kind, item.seed, item.length_px)
    scale = item.length_px / CELL_PX / length
    angle = item.angle_rad + turn_rad
    n = 2 * int(item.radius_px * 1.1 / CELL_PX + 2) + 1
    c, s = np.cos(angle) * scale, np.sin(angle) * scale
    middle_x, middle_y = (alpha.shape[1] - 1) / 2, (alpha.shape[0] - 1) / 2
    matrix = np.array(
        [
            [c, -s, n // 2 - c * middle_x + s * middle_y],
            [s, c, n // 2 - s * middle_x - c * middle_y],
        ]
    )
    return np.asarray(cv2.warpAffine(alpha, matrix, (n, n)) >= _SOLID)


def hidden_share(lower: TableItem, upper: TableItem) -> float:
    """Return how much of an item another one hides that lies over it, in 0 to 1."""
    dx = (upper.centre_xy_px[0] - lower.centre_xy_px[0]) / CELL_PX
    dy = (lower.centre_xy_px[1] - upper.centre_xy_px[1]) / CELL_PX
    below = ground_of(lower)
    above = _shifted(ground_of(upper), len(below), round(dx), round(dy))
    return float((below & above).sum() / max(1, below.sum()))


def place_against(lower: TableItem, upper: TableItem, toward_rad: float, aside_px: float) -> Xy:
    """Return where an item comes to rest that is pushed against another until they touch.

    Args:
        toward_rad: On which side of the lower item it lies, clockwise from x to the right.
        aside_px: How far it is aimed beside the lower item's centre.
    """
    return _beside(lower, toward_rad, aside_px, _touching_cells(lower, upper, toward_rad, aside_px))


def place_over(
    lower: TableItem, upper: TableItem, toward_rad: float, aside_px: float, share: float
) -> Xy:
    """Return where an item lies that covers about a share of another; see ``place_against``.

    It covers less, never more; where the next cell would cover too much, it only touches.
    """
    below, above = ground_of(lower, -toward_rad), ground_of(upper, -toward_rad)
    down = round(aside_px / CELL_PX)
    away = _touching_cells(lower, upper, toward_rad, aside_px)
    allowed = share * below.sum()
    while away > 0:
        covering = below & _shifted(above, len(below), away - 1, down)
        if covering.sum() > allowed:
            break
        away -= 1
    return _beside(lower, toward_rad, aside_px, away)


def _touching_cells(lower: TableItem, upper: TableItem, toward_rad: float, aside_px: float) -> int:
    """Return how many cells apart the centres come to lie along the push."""
    below, above = ground_of(lower, -toward_rad), ground_of(upper, -toward_rad)
    down = round(aside_px / CELL_PX)
    shifted = _shifted(above, len(below), 0, down, width=above.shape[1])
    both = below.any(axis=1) & shifted.any(axis=1)
    if not both.any():
        return (len(below) + len(above)) // 2
    right_edge = len(below) - 1 - below[both, ::-1].argmax(axis=1) - len(below) // 2
    left_edge = shifted[both].argmax(axis=1) - len(above) // 2
    return int((right_edge - left_edge).max()) + 1


def _beside(lower: TableItem, toward_rad: float, aside_px: float, away: int) -> Xy:
    along, across = away * CELL_PX, round(aside_px / CELL_PX) * CELL_PX
    c, s = np.cos(toward_rad), np.sin(toward_rad)
    x, y = lower.centre_xy_px
    return float(x + c * along - s * across), float(y - s * along - c * across)


def _shifted(
    ground: Ground, height: int, right: int, down: int, width: int | None = None
) -> Ground:
    """Return a ground on another square, their centres apart by so many cells."""
    n = len(ground)
    width = height if width is None else width
    found = np.zeros((height, width), bool)
    top, left = height // 2 - n // 2 + down, width // 2 - n // 2 + right
    rows = slice(max(0, top), max(0, min(height, top + n)))
    columns = slice(max(0, left), max(0, min(width, left + n)))
    if rows.start < rows.stop and columns.start < columns.stop:
        own_rows = slice(rows.start - top, rows.stop - top)
        found[rows, columns] = ground[own_rows, columns.start - left : columns.stop - left]
    return found


@lru_cache(maxsize=256)
def _alpha(kind: str, seed: int, length_px: float) -> tuple[NDArray[np.uint8], float]:
    """Return an item's coverage, not turned, and the pixels of it that make its length."""
    sprite = kind_named(kind).draw(np.random.default_rng(seed), length_px / CELL_PX)
    return np.ascontiguousarray(sprite.rgba[..., 3]), sprite.length_px
