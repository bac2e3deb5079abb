"""Boxes of one picture that overlap, and how much of each the others cover."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from sorter.detection import box_areas, overlap_areas
from sorter.geometry import centres_from_xyxy
from sorter.sightings import Sightings

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
    # Two boxes overlap if neither their x nor their y lie farther apart than half their sides,
    # so never farther than the larger one's longer side.
    reach_px = np.diff(sightings.xyxy_px.reshape(-1, 2, 2).astype(np.float64), axis=1).max((1, 2))
    # Pictures are kept out of each other's reach.
    away_px = 2 * reach_px.max() * sightings.image
    places = np.column_stack([centres_from_xyxy(sightings.xyxy_px), away_px])
    found = cKDTree(places).query_ball_point(places, reach_px, p=np.inf, return_sorted=True)
    a = np.repeat(np.arange(len(found)), [len(near) for near in found])
    b = np.concatenate(found).astype(np.intp)
    pairs = np.unique(np.sort(np.column_stack([a, b])[a != b], axis=1), axis=0)
    both = np.concatenate([pairs, pairs[:, ::-1]])
    return both[:, 0], both[:, 1]
