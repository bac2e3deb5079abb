"""Which sighting shows a thing best, so that its crop is what gets compared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sorter.detection import box_areas
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
        covered: ``(n,)``, as :func:`~sorter.neighbours.covered_shares` gives.
    """
    worth = sightings.scores.astype(np.float64) * box_areas(sightings.xyxy_px)
    cover = np.round(covered / COVER_STEP)
    return int(np.lexsort((-worth, cover, sightings.is_cut))[0])


def crop_of(sightings: Sightings, number: int) -> Crop:
    """Return the part of a picture that one sighting is."""
    x_min, y_min, x_max, y_max = sightings.xyxy_px[number].tolist()
    image_id = sightings.image_ids[sightings.image[number]]
    return Crop(image_id, (x_min, y_min, x_max, y_max))
