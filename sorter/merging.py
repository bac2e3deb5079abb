"""Groups of sightings become things: one place, one crop and one score each.

Source: docs/adr/0004-merge-gate.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from sorter.crops import best_sighting, crop_of
from sorter.detection import box_areas
from sorter.neighbours import covered_shares
from sorter.sightings import Sightings
from sorter.types import Container, Item, ServoPosition

LEAST_WEIGHT = 1e-6
"""Of a sighting in a mean place, so that scores of 0 count alike instead of dividing by 0."""

Thing = TypeVar("Thing", Item, Container)


def merge_groups(
    sightings: Sightings, groups: Sequence[NDArray[np.intp]], kind: type[Thing]
) -> tuple[list[Thing], list[NDArray[np.intp]]]:
    """Return the thing that each group shows, and the groups in the same order.

    Things are sorted by position, then by what their crop shows.

    Args:
        sightings: Of one label, all of the session: the others may cover a thing.
        groups: Numbers of sightings.
    """
    covered = covered_shares(sightings)
    merged = [(_merge(sightings.take(group), covered[group], kind), group) for group in groups]
    merged.sort(key=lambda pair: (pair[0].position, pair[0].crop.xyxy_px, pair[0].crop))
    return [thing for thing, _ in merged], [group for _, group in merged]


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


def _merge(sightings: Sightings, covered: NDArray[np.float64], kind: type[Thing]) -> Thing:
    rows = zip(sightings.image.tolist(), sightings.row.tolist(), strict=True)
    return kind(
        position=mean_position(sightings),
        crop=crop_of(sightings, best_sighting(sightings, covered)),
        score=float(sightings.scores.max()),
        sightings=tuple(sorted((sightings.image_ids[image], row) for image, row in rows)),
    )


def _largest(sightings: Sightings) -> int:
    """Return the number of the largest box; of several, the first by content."""
    return int(np.argmax(box_areas(sightings.xyxy_px)))
