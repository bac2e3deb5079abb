"""Boxes drawn around two things that touch: they show no third one.

Source of every rule and number: docs/adr/0011-competing-sightings.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from sorter.detection import box_areas, box_coverage, box_iou
from sorter.geometry import pixel_from_servo, table_from_servo
from sorter.merging import mean_places
from sorter.neighbours import Index, overlapping_boxes
from sorter.sightings import Sightings
from sorter.trees import pairs_within

LEAST_INSIDE = 0.8
"""The share of each part's box that lies in a box around both."""

LEAST_FIT = 0.6
"""The overlap (IoU) of a box around both with the tightest one around the two parts' boxes."""

MOST_SHARED = 0.3
"""The overlap (IoU) of two parts; two boxes that share more are drawn around one thing."""


def without_joint_boxes(sightings: Sightings) -> Sightings:
    """Return the sightings but for those whose box is drawn around two others of their picture.

    Detectors like to frame touching things together, besides each of them. Such a box is the
    tightest one around two boxes that lie in it and hardly overlap each other.

    Args:
        sightings: Of one label.
    """
    boxes = sightings.xyxy_px
    part, whole = overlapping_boxes(sightings)
    is_inside = box_coverage(boxes[part], boxes[whole]) >= LEAST_INSIDE
    # Of twins that lie in each other, neither is around the other.
    is_smaller = box_areas(boxes[part]) < box_areas(boxes[whole])
    part, whole = part[is_inside & is_smaller], whole[is_inside & is_smaller]
    order = np.argsort(whole, kind="stable")
    wholes, first = np.unique(whole[order], return_index=True)
    parts = np.split(part[order], first[1:])
    joint = [
        one for one, inner in zip(wholes.tolist(), parts, strict=False) if _joins(boxes, one, inner)
    ]
    return sightings.take(np.setdiff1d(np.arange(len(sightings)), joint))


def _joins(boxes: NDArray[np.floating], whole: int, parts: Index) -> bool:
    """Whether a box is the one around two of its parts."""
    couples = np.array(list(combinations(parts.tolist(), 2)), np.intp).reshape(-1, 2)
    a, b = boxes[couples[:, 0]], boxes[couples[:, 1]]
    around = np.hstack([np.minimum(a[:, :2], b[:, :2]), np.maximum(a[:, 2:], b[:, 2:])])
    fits = box_iou(around, boxes[whole]) >= LEAST_FIT
    return bool((fits & (box_iou(a, b) <= MOST_SHARED)).any())


def without_joint_groups(sightings: Sightings, groups: Sequence[Index]) -> list[Index]:
    """Return the groups but for those that show two other things together.

    One of their boxes holds the places of two things, each of which more pictures show than show
    them together. A detector that frames two things as one in this picture sees each in others.

    Args:
        sightings: Of one label.
        groups: Numbers of sightings.
    """
    if not groups:
        return []
    places_pw = mean_places(sightings, groups)
    n_seen = np.array([len(group) for group in groups])
    group_of = np.repeat(np.arange(len(groups)), n_seen)
    number = np.concatenate(groups)
    box, thing = _places_in_reach(sightings.take(number), places_pw)
    box, thing = (found[n_seen[thing] > n_seen[group_of[box]]] for found in (box, thing))
    at_px = pixel_from_servo(
        places_pw[thing],
        sightings.position_pw[number[box]],
        sightings.size,
        sightings.geometry,
    )
    boxes = sightings.xyxy_px[number[box]]
    is_inside = ((at_px > boxes[:, :2]) & (at_px < boxes[:, 2:])).all(axis=1)
    n_inside = np.bincount(box[is_inside], minlength=len(number))
    joint = set(group_of[n_inside >= 2].tolist())
    return [group for one, group in enumerate(groups) if one not in joint]


def _places_in_reach(sightings: Sightings, places_pw: NDArray[np.float64]) -> tuple[Index, Index]:
    """Return all pairs of a box and a place within it, and some others."""
    sides = np.diff(sightings.xyxy_px.reshape(-1, 2, 2), axis=1).reshape(-1, 2)
    places = table_from_servo(places_pw, sightings.size, sightings.geometry)
    # Pictures are flat and turned only, so a place in a box is within half its diagonal.
    return pairs_within(sightings.table_px, np.hypot(*sides.T) / 2 + 1, places)
