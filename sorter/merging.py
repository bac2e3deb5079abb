"""Groups of sightings become things: one place, one crop and one score each.

Source: docs/adr/0004-merge-gate.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from sorter.crops import views_of_groups
from sorter.detection import box_areas
from sorter.neighbours import covered_shares
from sorter.sightings import Sightings
from sorter.types import Container, Crop, Item, PositionArray, ServoPosition

LEAST_WEIGHT = 1e-6
"""Of a sighting in a mean place, so that scores of 0 count alike instead of dividing by 0."""

Thing = TypeVar("Thing", Item, Container)


@dataclass(frozen=True, slots=True)
class Merged(Generic[Thing]):
    """A thing, the numbers of its sightings, and the crops to compare it by, the best first."""

    thing: Thing
    group: NDArray[np.intp]
    views: tuple[Crop, ...]


def merge_groups(
    sightings: Sightings, groups: Sequence[NDArray[np.intp]], kind: type[Thing]
) -> list[Merged[Thing]]:
    """Return what each group shows, sorted by position, then by what its crop shows.

    Args:
        sightings: Of one label, all of the session: the others may cover a thing.
        groups: Numbers of sightings.
    """
    if not groups:
        return []
    views = views_of_groups(sightings, groups, covered_shares(sightings))
    places_pw = mean_places(sightings, groups).tolist()
    starts = np.cumsum([0, *map(len, groups[:-1])])
    scores = np.maximum.reduceat(sightings.scores[np.concatenate(groups)], starts).tolist()
    ids = [sightings.image_ids[image] for image in sightings.image.tolist()]
    names = list(zip(ids, sightings.row.tolist(), strict=True))
    merged = [
        Merged(
            kind(
                position=ServoPosition(*place_pw),
                crop=crops[0],
                score=score,
                sightings=tuple(sorted(names[number] for number in group.tolist())),
            ),
            group,
            crops,
        )
        for group, place_pw, score, crops in zip(groups, places_pw, scores, views, strict=True)
    ]
    return sorted(merged, key=lambda one: (one.thing.position, one.thing.crop.xyxy_px, one.views))


def uncut_if_any(sightings: Sightings) -> Sightings:
    """Return the sightings that no edge cuts, or all where every one is cut."""
    uncut = np.flatnonzero(~sightings.is_cut)
    return sightings.take(uncut) if len(uncut) else sightings


def mean_places(sightings: Sightings, groups: Sequence[NDArray[np.intp]]) -> PositionArray:
    """Return where the thing of each group is: the mean place of its sightings, weighted by score.

    A cut sighting's centre is off by half of what is cut away, so cut ones do not count beside
    uncut ones, and where all are cut the one that shows most counts alone.

    Args:
        groups: Numbers of sightings, at least one in each; at least one group.

    Returns:
        ``(n, 2)`` float64, servo 0 and servo 1.
    """
    number = np.concatenate(groups)
    starts = np.cumsum([0, *map(len, groups[:-1])])
    weights = np.maximum(sightings.scores[number].astype(np.float64), LEAST_WEIGHT)
    weights[sightings.is_cut[number]] = 0
    # Of all cut ones the largest, and of several the first by content.
    areas = box_areas(sightings.xyxy_px[number])
    group_of = np.repeat(np.arange(len(groups)), np.diff([*starts, len(number)]))
    largest = np.lexsort((number, -areas, group_of))[starts]
    is_cut = np.add.reduceat(weights, starts) == 0
    weights[largest[is_cut]] = 1
    sums = np.add.reduceat(sightings.servo_pw[number] * weights[:, None], starts)
    return np.asarray(sums / np.add.reduceat(weights, starts)[:, None])
