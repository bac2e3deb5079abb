"""Which sightings show a thing best, so that their crops are what gets compared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sorter.detection import box_areas
from sorter.sightings import Sightings
from sorter.types import Crop

COVER_STEP = 0.1
"""Sightings whose covered shares round to the same step count as equally covered."""


MOST_VIEWS = 3
"""Sightings of one thing that are compared, at most. Source: docs/adr/0014-views.md."""


def best_views(sightings: Sightings, covered: NDArray[np.float64]) -> tuple[Crop, ...]:
    """Return the crops to compare a thing by, the best one first.

    The best one is of a sighting that no edge cuts, if there is such a one; of those one that
    other things' boxes cover least; of those the one of the highest score times size; of those
    the first. The others are the next best ones, as far as no edge cuts them either and as
    little of them is covered.

    Args:
        sightings: Of one thing, at least one.
        covered: ``(n,)``, as :func:`~sorter.neighbours.covered_shares` gives.
    """
    worth = sightings.scores.astype(np.float64) * box_areas(sightings.xyxy_px)
    cover = np.round(covered / COVER_STEP)
    order = np.lexsort((-worth, cover, sightings.is_cut))
    is_as_good = ~sightings.is_cut & (cover == cover[order[0]])
    others = [number for number in order[1:] if is_as_good[number]]
    return tuple(
        crop_of(sightings, int(number)) for number in [order[0], *others[: MOST_VIEWS - 1]]
    )


def crop_of(sightings: Sightings, number: int) -> Crop:
    """Return the part of a picture that one sighting is."""
    x_min, y_min, x_max, y_max = sightings.xyxy_px[number].tolist()
    image_id = sightings.image_ids[sightings.image[number]]
    return Crop(image_id, (x_min, y_min, x_max, y_max))
