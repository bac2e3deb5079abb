"""Whether something was moved between two pictures of a session.

Source of every number: docs/adr/0012-calibration.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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
    groups = [group[~items.is_cut[group]] for group in deduplicate(items, repeatability_px)]
    groups = [group for group in groups if len(group)]
    if not groups:
        return False
    sides = np.sqrt(box_areas(items.xyxy_px))
    largest = items.take(np.array([group[np.argmax(sides[group])] for group in groups]))
    places = np.array([items.table_px[group].mean(axis=0) for group in groups])
    side = np.array([sides[group].mean() for group in groups])
    is_seen = np.array([np.isin(np.unique(items.image), items.image[group]) for group in groups])
    # a is gone from a picture that shows b
    without = _is_gone(items, largest).astype(np.int64) @ is_seen.T.astype(np.int64) > 0
    apart = np.hypot(*(places[:, None] - places).transpose(2, 0, 1))
    ratio = side[:, None] / side
    may_be_one = (apart <= LARGEST_MOVE_PX) & (np.maximum(ratio, 1 / ratio) <= LARGEST_SIZE_RATIO)
    return bool((without & without.T & may_be_one).any())


def _is_gone(items: Sightings, things: Sightings) -> NDArray[np.bool_]:
    """Return whether each picture should show each thing whole, and shows nothing there.

    Returns:
        ``(k, p)``, pictures by number, those left out in which there is no item at all.
    """
    size = items.size
    margin_px = EDGE_MARGIN_RATIO * max(size.width_px, size.height_px)
    most = np.array([size.width_px, size.height_px]) - margin_px
    gone = []
    for image in np.unique(items.image):
        there = items.take(np.flatnonzero(items.image == image))
        taken_at_pw = there.position_pw[0]
        boxes = boxes_seen_from(
            things.xyxy_px, things.position_pw, taken_at_pw, size, items.geometry
        )
        is_whole = (boxes[:, :2] >= margin_px).all(axis=1) & (boxes[:, 2:] <= most).all(axis=1)
        is_empty = (box_iou(boxes[:, None], there.xyxy_px) <= LARGEST_IOU).all(axis=1)
        gone.append(is_whole & is_empty)
    return np.stack(gone, axis=1)
