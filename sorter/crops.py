"""Which sighting shows a thing best, so that its crop is what gets compared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from sorter.detection import box_areas, overlap_areas
from sorter.geometry import centres_from_xyxy
from sorter.sightings import Sightings
from sorter.types import Crop

COVER_STEP = 0.1
"""Sightings whose covered shares round to the same step count as equally covered."""


def best_sighting(sightings: Sightings, covered: NDArray[np.float64]) -> int:
    """Return the number of the sighting to compare a thing by.

    It is one that no edge cuts, if there is such a one; of those one that other things' boxes
    cover least; of those the one of the highest score times size; of those the first.

    Args:
        sightings: Of one thing.
        covered: ``(n,)``, as :func:`covered_shares` gives.
    """
    worth = sightings.scores.astype(np.float64) * box_areas(sightings.xyxy_px)
    cover = np.round(covered / COVER_STEP)
    return int(np.lexsort((-worth, cover, sightings.is_cut))[0])


def crop_of(sightings: Sightings, number: int) -> Crop:
    """Return the part of a picture that one sighting is."""
    x_min, y_min, x_max, y_max = sightings.xyxy_px[number].tolist()
    image_id = sightings.image_ids[sightings.image[number]]
    return Crop(image_id, (x_min, y_min, x_max, y_max))


def covered_shares(sightings: Sightings) -> NDArray[np.float64]:
    """Return the share of each box that other boxes of its picture cover, in ``[0, 1]``.

    Where several cover the same part it counts several times, up to the whole box.

    Args:
        sightings: Of one label: a container's box covers all that lies in it.
    """
    if not len(sightings):
        return np.zeros(0)
    centres = centres_from_xyxy(sightings.xyxy_px)
    sides = np.diff(sightings.xyxy_px.reshape(-1, 2, 2).astype(np.float64), axis=1)[:, 0]
    # Two boxes overlap if neither their x nor their y lie farther apart than half their sides:
    # within the larger one's longer side in both. Pictures are kept out of each other's reach.
    reach_px = sides.max(axis=1)
    away = 4 * reach_px.max() * sightings.image
    places = np.column_stack([centres, away])
    found = cKDTree(places).query_ball_point(places, reach_px, p=np.inf, return_sorted=True)
    a = np.repeat(np.arange(len(found)), [len(near) for near in found])
    b = np.concatenate(found).astype(np.intp)
    pairs = np.unique(np.sort(np.column_stack([a, b])[a != b], axis=1), axis=0)
    a, b = np.concatenate([pairs, pairs[:, ::-1]]).T
    covered = np.zeros(len(sightings))
    np.add.at(covered, a, overlap_areas(sightings.xyxy_px[a], sightings.xyxy_px[b]))
    return np.clip(covered / box_areas(sightings.xyxy_px), 0, 1)
