"""Groups of sightings become things: one place, one crop and one score each.

Source: docs/adr/0004-merge-gate.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from sorter.crops import best_views
from sorter.detection import box_areas
from sorter.neighbours import covered_shares
from sorter.sightings import Sightings
from sorter.types import Container, Crop, Item, ServoPosition

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
    covered = covered_shares(sightings)
    merged = []
    for group in groups:
        own = sightings.take(group)
        views = best_views(own, covered[group])
        merged.append(Merged(_merge(own, views[0], kind), group, views))
    return sorted(merged, key=lambda one: (one.thing.position, one.thing.crop.xyxy_px, one.views))


def uncut_if_any(sightings: Sightings) -> Sightings:
    """Return the sightings that no edge cuts, or all where every one is cut."""
    uncut = np.flatnonzero(~sightings.is_cut)
    return sightings.take(uncut) if len(uncut) else sightings


def mean_position(sightings: Sightings) -> ServoPosition:
    """Return where the thing of these sightings is: their mean place, weighted by score.

    A cut sighting's centre is off by half of what is cut away, so cut ones do not count beside
    uncut ones, and where all are cut the one that shows most counts alone.
    """
    if bool(sightings.is_cut.all()):
        return ServoPosition(*sightings.servo_pw[_largest(sightings)].tolist())
    seen = uncut_if_any(sightings)
    weights = np.maximum(seen.scores.astype(np.float64), LEAST_WEIGHT)
    return ServoPosition(*np.average(seen.servo_pw, axis=0, weights=weights).tolist())


def _merge(sightings: Sightings, crop: Crop, kind: type[Thing]) -> Thing:
    rows = zip(sightings.image.tolist(), sightings.row.tolist(), strict=True)
    return kind(
        position=mean_position(sightings),
        crop=crop,
        score=float(sightings.scores.max()),
        sightings=tuple(sorted((sightings.image_ids[image], row) for image, row in rows)),
    )


def _largest(sightings: Sightings) -> int:
    """Return the number of the largest box; of several, the first by content."""
    return int(np.argmax(box_areas(sightings.xyxy_px)))
