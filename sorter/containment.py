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
from sorter.types import PositionArray

LEAST_SHARE = 0.5
"""Of a container's boxes that have to hold an item's place. Source: docs/adr/0004."""


def lie_in_any_container(
    places_pw: PositionArray, sightings: Sightings, groups: Sequence[NDArray[np.intp]]
) -> NDArray[np.bool_]:
    """Return whether each place lies in one of the containers.

    Args:
        places_pw: ``(n, 2)`` servo 0 and servo 1 pulse widths.
        sightings: Of containers.
        groups: The numbers of each container's sightings.
    """
    inside = np.zeros(len(places_pw), bool)
    for group in groups:
        inside |= lie_in_container(places_pw, uncut_if_any(sightings.take(group)))
    return inside


def lie_in_container(places_pw: PositionArray, views: Sightings) -> NDArray[np.bool_]:
    """Return whether each place lies in at least half of the boxes around one container.

    A place is looked up in the pictures of the container, whether they show the item or not.
    """
    inside = [_lie_in_box(places_pw, views, view) for view in range(len(views))]
    return np.asarray(np.mean(inside, axis=0) >= LEAST_SHARE)


def _lie_in_box(places_pw: PositionArray, views: Sightings, view: int) -> NDArray[np.bool_]:
    at_pw = views.position_pw[view]
    xy_px = pixel_from_servo(places_pw, at_pw, views.size, views.geometry)
    box = views.xyxy_px[view]
    return np.asarray(((xy_px >= box[:2]) & (xy_px <= box[2:])).all(axis=1))
