"""Which items already lie in a container.

A box is upright in its picture and so holds corners where the container is not. Pictures are
taken from turned positions, so their boxes together come close to the container's true shape.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sorter.geometry import pixel_from_servo
from sorter.merging import uncut_if_any
from sorter.sightings import Sightings
from sorter.types import LabelArray, PositionArray

LEAST_SHARE = 0.5
"""Of a container's boxes that have to hold an item's place. Source: docs/adr/0004."""


NOWHERE = -1


def find_containers(
    places_pw: PositionArray, sightings: Sightings, groups: Sequence[NDArray[np.intp]]
) -> LabelArray:
    """Return the number of the container that each place lies in, ``NOWHERE`` for none.

    Of several, it is the one most of whose boxes hold the place; of those, the first.

    Args:
        places_pw: ``(n, 2)`` servo 0 and servo 1 pulse widths.
        sightings: Of containers.
        groups: The numbers of each container's sightings.
    """
    if not groups:
        return np.full(len(places_pw), NOWHERE, np.int64)
    views = [uncut_if_any(sightings.take(group)) for group in groups]
    shares = np.array([share_of_boxes(places_pw, one) for one in views])
    return np.where(shares.max(axis=0) >= LEAST_SHARE, shares.argmax(axis=0), NOWHERE)


def share_of_boxes(places_pw: PositionArray, views: Sightings) -> NDArray[np.float64]:
    """Return for each place the share of the boxes around one container that hold it.

    A place is looked up in the pictures of the container, whether they show the item or not.
    """
    inside = [_lie_in_box(places_pw, views, view) for view in range(len(views))]
    return np.asarray(np.mean(inside, axis=0))


def _lie_in_box(places_pw: PositionArray, views: Sightings, view: int) -> NDArray[np.bool_]:
    at_pw = views.position_pw[view]
    xy_px = pixel_from_servo(places_pw, at_pw, views.size, views.geometry)
    box = views.xyxy_px[view]
    return np.asarray(((xy_px >= box[:2]) & (xy_px <= box[2:])).all(axis=1))
