"""Whether something was moved between two pictures of a session.

Source of every number: docs/adr/0012-calibration.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sorter.agreement import Index
from sorter.deduplication import deduplicate
from sorter.detection import EDGE_MARGIN_RATIO, box_areas, box_iou
from sorter.geometry import boxes_seen_from
from sorter.sightings import Sightings

LARGEST_MOVE_PX = 300.0
"""How far a thing that was bumped may have gone; farther, it may as well be another one."""

LARGEST_SIZE_RATIO = 1.25
"""Of the two sides; an upright box around a turned thing changes its size by about so much."""

LARGEST_IOU = 0.2
"""Of where a thing should appear with what does: above it, something may hide there."""

MOST_SIGHTINGS = 3000
"""In more than any arm takes in a session, nobody looks for one that was bumped."""


def has_changed(items: Sightings, repeatability_px: float) -> bool:
    """Whether an item is seen in one place by some pictures, and in another by others.

    Each of the two places must be empty in a picture that shows the item in the other one, and
    that should show both whole. So an item that a detector only missed is none that was moved.

    Args:
        items: Of one label.
        repeatability_px: As in :class:`~sorter.types.Arm`.
    """
    if not 0 < len(items) <= MOST_SIGHTINGS:
        return False
    groups = deduplicate(items, repeatability_px)
    groups = [group for group in groups if not items.is_cut[group].all()]
    if not groups:
        return False
    wholes = [group[~items.is_cut[group]] for group in groups]
    sides = np.sqrt(box_areas(items.xyxy_px))
    largest = items.take(np.array([whole[np.argmax(sides[whole])] for whole in wholes]))
    is_gone = _is_empty(items, largest) & ~_is_in(items, groups)
    # a is gone from a picture that shows b
    without = is_gone.astype(np.int64) @ _is_in(items, wholes).T.astype(np.int64) > 0
    places = np.array([items.table_px[whole].mean(axis=0) for whole in wholes])
    side = np.array([sides[whole].mean() for whole in wholes])
    apart = np.hypot(*(places[:, None] - places).transpose(2, 0, 1))
    ratio = np.maximum(side[:, None] / side, side / side[:, None])
    may_be_one = (apart <= LARGEST_MOVE_PX) & (ratio <= LARGEST_SIZE_RATIO)
    return bool((without & without.T & may_be_one).any())


def _is_in(items: Sightings, groups: Sequence[Index]) -> NDArray[np.bool_]:
    """Return which pictures each group has sightings in, ``(k, p)`` as `_is_empty`."""
    pictures = np.unique(items.image)
    return np.array([np.isin(pictures, items.image[group]) for group in groups])


def _is_empty(items: Sightings, things: Sightings) -> NDArray[np.bool_]:
    """Return whether each picture should show each thing whole, and shows nothing there.

    Returns:
        ``(k, p)``, pictures by number, those left out in which there is no item at all.
    """
    size = items.size
    margin_px = EDGE_MARGIN_RATIO * max(size.width_px, size.height_px)
    most = np.array([size.width_px, size.height_px]) - margin_px
    empty = []
    for image in np.unique(items.image):
        there = items.take(np.flatnonzero(items.image == image))
        taken_at_pw = there.position_pw[0]
        boxes = boxes_seen_from(
            things.xyxy_px, things.position_pw, taken_at_pw, size, items.geometry
        )
        is_whole = (boxes[:, :2] >= margin_px).all(axis=1) & (boxes[:, 2:] <= most).all(axis=1)
        is_empty = (box_iou(boxes[:, None], there.xyxy_px) <= LARGEST_IOU).all(axis=1)
        empty.append(is_whole & is_empty)
    return np.stack(empty, axis=1)
