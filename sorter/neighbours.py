"""Boxes of one picture that overlap, and how much of each the others cover."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sorter.detection import box_areas, overlap_areas
from sorter.geometry import centres_from_xyxy
from sorter.sightings import Sightings
from sorter.trees import pairs_within
from sorter.types import LabelArray, PositionArray

Index = NDArray[np.intp]


def covered_shares(sightings: Sightings) -> NDArray[np.float64]:
    """Return the share of each box that other boxes of its picture cover, in ``[0, 1]``.

    Where several cover the same part it counts several times, up to the whole box.

    Args:
        sightings: Of one label: a container's box covers all that lies in it.
    """
    boxes = sightings.xyxy_px
    a, b = overlapping_boxes(sightings)
    covered = np.zeros(len(boxes))
    np.add.at(covered, a, overlap_areas(boxes[a], boxes[b]))
    return np.asarray(np.clip(covered / box_areas(boxes), 0, 1))


def overlapping_boxes(sightings: Sightings) -> tuple[Index, Index]:
    """Return all pairs of boxes of one picture that overlap, each both ways, and some others."""
    if not len(sightings):
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    reach_px = _longer_sides(sightings)
    places = _kept_apart(centres_from_xyxy(sightings.xyxy_px), sightings.image, reach_px)
    # Two boxes overlap if neither their x nor their y lie farther apart than half their sides,
    # so never farther than the larger one's longer side.
    a, b = pairs_within(places, reach_px, places, norm=np.inf)
    # The larger one of two always finds the other, so that the smaller one's finds tell no more.
    is_larger = (reach_px[a] > reach_px[b]) | ((reach_px[a] == reach_px[b]) & (a > b))
    a, b = a[is_larger], b[is_larger]
    return np.concatenate([a, b]), np.concatenate([b, a])


def lie_in_boxes(xy_px: PositionArray, image: LabelArray, sightings: Sightings) -> Index:
    """Return, rising, the numbers of the points that lie within a box of their picture.

    Args:
        xy_px: ``(n, 2)``.
        image: ``(n,)``, the picture that each is a point of, as :attr:`Sightings.image` counts.
    """
    if not len(sightings) or not len(xy_px):
        return np.zeros(0, np.intp)
    reach_px = _longer_sides(sightings) / 2
    middles_px = centres_from_xyxy(sightings.xyxy_px)
    boxes_at = _kept_apart(middles_px, sightings.image, reach_px)
    points_at = _kept_apart(xy_px, image, reach_px)
    box, point = pairs_within(boxes_at, reach_px, points_at, norm=np.inf)
    at_px, boxes = xy_px[point], sightings.xyxy_px[box]
    is_inside = ((at_px > boxes[:, :2]) & (at_px < boxes[:, 2:])).all(axis=1)
    return np.unique(point[is_inside])


def _longer_sides(sightings: Sightings) -> NDArray[np.float64]:
    boxes = sightings.xyxy_px.astype(np.float64)
    return np.asarray((boxes[:, 2:] - boxes[:, :2]).max(axis=1))


def _kept_apart(
    xy_px: PositionArray, image: LabelArray, reach_px: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return ``(n, 3)`` places of which those of two pictures lie out of each other's reach."""
    return np.column_stack([xy_px, 2 * reach_px.max() * image])
