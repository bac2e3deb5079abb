"""Boxes in one picture: how large they are, how they overlap, and which the edge cuts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sorter.errors import InvalidInputError
from sorter.types import ImageSize

EDGE_MARGIN_RATIO = 0.01
"""Of the picture's longer side: a box that ends this close to the edge counts as cut.

Source: docs/adr/0004-merge-gate.md.
"""

SURE_SCORE = 0.85
"""A thing that no detection shows with this score is faint: it may be nothing.

Source: docs/adr/0030-faint-things.md.
"""

Boxes = NDArray[np.floating]
"""``(..., 4)`` xyxy, pixels. Two of them broadcast against each other on the leading axes."""


def box_areas(xyxy_px: Boxes) -> NDArray[np.float64]:
    """Return the area of every box in square pixels; an inverted box has none."""
    boxes = _checked(xyxy_px)
    sides = np.clip(boxes[..., 2:] - boxes[..., :2], 0, None)
    return np.asarray(sides[..., 0] * sides[..., 1])


def shorter_sides(xyxy_px: Boxes) -> NDArray[np.float64]:
    """Return the shorter side of every box in pixels."""
    boxes = _checked(xyxy_px)
    return np.asarray((boxes[..., 2:] - boxes[..., :2]).min(axis=-1))


def overlap_areas(a_px: Boxes, b_px: Boxes) -> NDArray[np.float64]:
    """Return the area that boxes share in square pixels; boxes that only touch share none."""
    a, b = _checked(a_px), _checked(b_px)
    low = np.maximum(a[..., :2], b[..., :2])
    high = np.minimum(a[..., 2:], b[..., 2:])
    return box_areas(np.concatenate([low, high], axis=-1))


def box_iou(a_px: Boxes, b_px: Boxes) -> NDArray[np.float64]:
    """Return the overlap of boxes as the share of what the two cover together.

    Args:
        a_px: ``(..., 4)`` xyxy, pixels; ``a[:, None]`` compares every box of ``a`` with every
            box of ``b``.
        b_px: ``(..., 4)``, of a shape that broadcasts against ``a_px``.

    Returns:
        float64 in ``[0, 1]``; 0 where both boxes are empty.

    Raises:
        InvalidInputError: The last axis of an array does not hold 4 numbers.
    """
    shared = overlap_areas(a_px, b_px)
    return _share(shared, box_areas(a_px) + box_areas(b_px) - shared)


def box_coverage(a_px: Boxes, b_px: Boxes) -> NDArray[np.float64]:
    """Return the share of the area of ``a`` that lies in ``b``, in ``[0, 1]``; as `box_iou`."""
    shared = overlap_areas(a_px, b_px)
    return _share(shared, np.broadcast_to(box_areas(a_px), shared.shape))


def clip_boxes(xyxy_px: Boxes, size: ImageSize) -> NDArray[np.float64]:
    """Return what a picture shows of every box; of one beyond its edge, a box of no area."""
    sides = np.array([size.width_px, size.height_px] * 2, np.float64)
    return np.clip(_checked(xyxy_px), 0, sides)


def is_cut(xyxy_px: Boxes, size: ImageSize) -> NDArray[np.bool_]:
    """Return whether each box ends at the picture's edge, so that the thing may go on beyond.

    A network's boxes end within a few pixels of the truth, so the edge is a margin wide.
    """
    boxes = _checked(xyxy_px)
    margin = EDGE_MARGIN_RATIO * max(size.width_px, size.height_px)
    starts = (boxes[..., :2] <= margin).any(axis=-1)
    ends = boxes[..., 2:] >= np.array([size.width_px, size.height_px]) - margin
    return np.asarray(starts | ends.any(axis=-1))


def _share(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _checked(xyxy_px: Boxes) -> NDArray[np.float64]:
    boxes = np.asarray(xyxy_px, np.float64)
    if boxes.shape[-1:] != (4,):
        raise InvalidInputError(f"boxes are (..., 4), not {boxes.shape}")
    return boxes
