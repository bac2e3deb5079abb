"""Whether the pictures that should show a thing do show it.

Source of the rule and its number: docs/adr/0011-competing-sightings.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sorter.detection import box_areas, is_cut
from sorter.geometry import (
    boxes_seen_from,
    pixel_from_servo,
    servo_from_pixel,
    table_from_servo,
)
from sorter.merging import mean_places
from sorter.neighbours import Index, lie_in_boxes
from sorter.sightings import Sightings
from sorter.trees import pairs_within
from sorter.types import ArmGeometry, ImageSize, Photograph, PositionArray

LEAST_SUPPORT = 0.25
"""The least sum of a thing's scores for each picture that should show it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Due:
    """Pairs of a thing and a picture that should show it whole, and where.

    Attributes:
        thing: ``(n,)``.
        image: ``(n,)``, the number of the picture.
        at_px: ``(n, 2)``, where the thing's place appears in it.
    """

    thing: Index
    image: Index
    at_px: PositionArray


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
    due = _expected(groups, sightings, photographs, repeatability_px)
    is_covered = np.zeros(len(due.thing), np.bool_)
    is_covered[lie_in_boxes(due.at_px, due.image, boxes)] = True
    number = np.concatenate(groups)
    group_of = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    width = len(sightings.image_ids)
    seen, expected = group_of * width + sightings.image[number], due.thing * width + due.image
    counts = ~sightings.is_cut[number] | np.isin(seen, expected)
    is_seen = np.isin(expected, seen)
    confirmed = are_confirmed(
        np.bincount(group_of, sightings.scores[number] * counts, len(groups)).astype(np.float64),
        np.bincount(due.thing[is_seen], minlength=len(groups)),
        np.bincount(due.thing[~is_seen & ~is_covered], minlength=len(groups)),
    )
    return frozenset(np.flatnonzero(~confirmed).tolist())


def are_confirmed(
    scores: NDArray[np.float64], n_seen: NDArray[np.integer], n_missed: NDArray[np.integer]
) -> NDArray[np.bool_]:
    """Return whether each thing is seen wherever it should be, or at least surely enough.

    Args:
        scores: ``(n,)`` float64, the sum over those of a thing's sightings that count.
        n_seen: ``(n,)``, pictures that should show a thing and do.
        n_missed: ``(n,)``, pictures that should and do not.

    Returns:
        ``(n,)``.
    """
    return np.asarray((n_missed == 0) | (scores >= LEAST_SUPPORT * (n_seen + n_missed)))


def _expected(
    groups: Sequence[Index],
    sightings: Sightings,
    photographs: Sequence[Photograph],
    repeatability_px: float,
) -> _Due:
    size, geometry = sightings.size, sightings.geometry
    numbers = {image_id: number for number, image_id in enumerate(sightings.image_ids)}
    telling = [photograph for photograph in photographs if len(photograph.detections)]
    image = np.array([numbers[photograph.image_id] for photograph in telling], np.intp)
    at_pw = np.array([photograph.position_pw for photograph in telling], np.float64)
    places_pw = mean_places(sightings, groups)
    picture, thing = _in_view(places_pw, at_pw, size, geometry)
    at_px = pixel_from_servo(places_pw[thing], at_pw[picture], size, geometry)
    largest = _largest_views(sightings, groups)[thing]
    turned = boxes_seen_from(
        sightings.xyxy_px[largest], sightings.position_pw[largest], at_pw[picture], size, geometry
    )
    reach_px = (turned[:, 2:] - turned[:, :2]) / 2 + repeatability_px
    is_whole = ~is_cut(np.hstack([at_px - reach_px, at_px + reach_px]), size)
    return _Due(thing[is_whole], image[picture[is_whole]], at_px[is_whole])


def _in_view(
    places_pw: PositionArray, at_pw: NDArray[np.float64], size: ImageSize, geometry: ArmGeometry
) -> tuple[Index, Index]:
    """Return all pairs of a picture and a place that appears in it, and some others.

    No point of a picture lies farther from its middle, on the table, than a corner.
    """
    width_px, height_px = size.width_px, size.height_px
    outline_px = np.array([[0, 0], [width_px, 0], [width_px, height_px], [0, height_px]])
    corners_pw = servo_from_pixel(outline_px, 0.0, size, geometry)
    middle_pw = servo_from_pixel(outline_px[2:3] / 2, 0.0, size, geometry)
    ways_px = table_from_servo(corners_pw, size, geometry, 0.0) - table_from_servo(
        middle_pw, size, geometry, 0.0
    )
    middles_px = table_from_servo(middle_pw + at_pw[:, None] * [1, 0], size, geometry)
    places_px = table_from_servo(places_pw, size, geometry)
    reach_px = np.hypot(*ways_px.T).max() + 1
    return pairs_within(middles_px, reach_px, places_px)


def _largest_views(sightings: Sightings, groups: Sequence[Index]) -> Index:
    """Return the number of each group's largest sighting, an uncut one if there is any."""
    counts = [len(group) for group in groups]
    number, group_of = np.concatenate(groups), np.repeat(np.arange(len(groups)), counts)
    areas = box_areas(sightings.xyxy_px[number])
    order = np.lexsort((-areas, sightings.is_cut[number], group_of))
    return np.asarray(number[order[np.cumsum([0, *counts[:-1]])]])
