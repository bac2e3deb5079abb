"""Which sightings show a thing best, so that their crops are what gets compared."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sorter.detection import box_areas
from sorter.sightings import Sightings
from sorter.types import Crop

COVER_STEP = 0.1
"""Sightings whose covered shares round to the same step count as equally covered."""


MOST_VIEWS = 3
"""Sightings of one thing that are compared, at most. Source: docs/adr/0014-views.md."""


def views_of_groups(
    sightings: Sightings,
    groups: Sequence[NDArray[np.intp]],
    covered: NDArray[np.float64],
) -> list[tuple[Crop, ...]]:
    """Return the crops to compare each group's thing by, the best one first.

    The best one is of a sighting that no edge cuts, if there is such a one; of those one that
    other things' boxes cover least; of those the one of the highest score times size; of those
    the first. The others are the next best ones, as far as no edge cuts them either and as
    little of them is covered.

    Args:
        groups: Numbers of sightings, each of one thing, at least one in each.
        covered: ``(n,)`` of all sightings, as :func:`~sorter.neighbours.covered_shares` gives.
    """
    counts = [len(group) for group in groups]
    number, group_of = np.concatenate(groups), np.repeat(np.arange(len(groups)), counts)
    is_cut, cover = sightings.is_cut[number], np.round(covered[number] / COVER_STEP)
    worth = sightings.scores[number].astype(np.float64) * box_areas(sightings.xyxy_px[number])
    order = np.lexsort((-worth, cover, is_cut, group_of))
    starts = np.cumsum([0, *counts[:-1]])
    rank = np.arange(len(number)) - np.repeat(starts, counts)
    best_cover = np.repeat(cover[order][starts], counts)
    is_as_good = ~is_cut[order] & (cover[order] == best_cover)
    is_view = (rank == 0) | (is_as_good & (rank < MOST_VIEWS))
    views: list[list[Crop]] = [[] for _ in groups]
    chosen = order[is_view]
    for group, one in zip(group_of[chosen].tolist(), number[chosen].tolist(), strict=True):
        views[group].append(crop_of(sightings, one))
    return [tuple(crops) for crops in views]


def crop_of(sightings: Sightings, number: int) -> Crop:
    """Return the part of a picture that one sighting is."""
    x_min, y_min, x_max, y_max = sightings.xyxy_px[number].tolist()
    image_id = sightings.image_ids[sightings.image[number]]
    return Crop(image_id, (x_min, y_min, x_max, y_max))
