"""Whether the pictures that should show a thing do show it.

Source of the rule and its number: docs/adr/0011-competing-sightings.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sorter.detection import box_areas, is_cut
from sorter.geometry import boxes_seen_from, pixel_from_servo
from sorter.merging import mean_position
from sorter.neighbours import Index
from sorter.sightings import Sightings
from sorter.types import Photograph

LEAST_SUPPORT = 0.25
"""The least sum of a thing's scores for each picture that should show it."""


def find_unconfirmed(
    groups: Sequence[Index],
    sightings: Sightings,
    boxes: Sightings,
    photographs: Sequence[Photograph],
    repeatability_px: float,
) -> frozenset[int]:
    """Return the numbers of the groups that too few of the pictures at hand show.

    A picture should show a thing if it shows anything and the thing's whole box would appear in
    it, clear of the edges. Where it shows another box instead that holds the place, of a thing
    above or of two things together, it tells nothing. A cut sighting counts only in a picture
    that should show the thing whole: nobody knows what it is a part of.

    Args:
        groups: Numbers of ``sightings``.
        sightings: Of one label.
        boxes: All of that label in the session, joint ones too.
        photographs: Of the session, in any order.
        repeatability_px: How far from its place the arm may see a thing.
    """
    if not groups:
        return frozenset()
    is_whole, is_covered = _expected(groups, sightings, boxes, photographs, repeatability_px)
    is_seen = np.zeros(is_whole.shape, np.bool_)
    scores = np.zeros(is_whole.shape)
    for thing, group in enumerate(groups):
        image = sightings.image[group]
        is_seen[thing, image] = True
        counts = ~sightings.is_cut[group] | is_whole[thing, image]
        scores[thing, image] = np.where(counts, sightings.scores[group], 0)
    confirmed = are_confirmed(scores, is_seen, is_whole & (is_seen | ~is_covered))
    return frozenset(np.flatnonzero(~confirmed).tolist())


def are_confirmed(
    scores: NDArray[np.float64], is_seen: NDArray[np.bool_], is_due: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return whether each thing is seen wherever it should be, or at least surely enough.

    Args:
        scores: ``(n, m)`` float64 in ``[0, 1]``, of thing n's sighting in picture m that counts;
            0 where there is none.
        is_seen: ``(n, m)``, whether there is a sighting.
        is_due: ``(n, m)``, whether there should be one.

    Returns:
        ``(n,)``.
    """
    is_missed = (is_due & ~is_seen).any(axis=1)
    return np.asarray(~is_missed | (scores.sum(axis=1) >= LEAST_SUPPORT * is_due.sum(axis=1)))


def _expected(
    groups: Sequence[Index],
    sightings: Sightings,
    boxes: Sightings,
    photographs: Sequence[Photograph],
    repeatability_px: float,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return ``(n, m)`` whether picture m should show thing n whole, and has a box around it."""
    size, geometry = sightings.size, sightings.geometry
    means = [mean_position(sightings.take(group)) for group in groups]
    places_pw = np.array([(mean.servo0_pw, mean.servo1_pw) for mean in means])
    largest = sightings.take(np.array([_largest_view(sightings, group) for group in groups]))
    shape = (len(groups), len(sightings.image_ids))
    is_whole, is_covered = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    for photograph in photographs:
        if not len(photograph.detections):
            continue
        at_pw = photograph.position_pw
        number = sightings.image_ids.index(photograph.image_id)
        at_px = pixel_from_servo(places_pw, at_pw, size, geometry)
        turned = boxes_seen_from(largest.xyxy_px, largest.position_pw, at_pw, size, geometry)
        reach_px = (turned[:, 2:] - turned[:, :2]) / 2 + repeatability_px
        around = np.hstack([at_px - reach_px, at_px + reach_px])
        is_whole[:, number] = ~is_cut(around, size)
        shown = boxes.xyxy_px[boxes.image == number]
        is_inside = (at_px[:, None] > shown[:, :2]) & (at_px[:, None] < shown[:, 2:])
        is_covered[:, number] = is_inside.all(axis=2).any(axis=1)
    return is_whole, is_covered


def _largest_view(sightings: Sightings, group: Index) -> int:
    """Return the number of a group's largest sighting, an uncut one if there is any."""
    uncut = group[~sightings.is_cut[group]]
    among = uncut if len(uncut) else group
    return int(among[np.argmax(box_areas(sightings.xyxy_px[among]))])
