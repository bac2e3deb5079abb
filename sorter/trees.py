"""What lies near what, of many places at once, as arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Index = NDArray[np.intp]


def pairs_within(
    centres: NDArray[np.floating],
    radii: NDArray[np.floating] | float,
    places: NDArray[np.floating],
    *,
    norm: float = 2.0,
) -> tuple[Index, Index]:
    """Return all pairs ``(centre, place)`` of which the place lies within the centre's radius.

    All within the greatest radius are looked at, so it takes longer where one is far above the
    others. The answer comes as arrays, not as a list for each centre: many small lists make
    the collector look through the whole process.

    Args:
        centres: ``(n, d)``.
        radii: One number or ``(n,)``.
        places: ``(m, d)``.
        norm: Of Minkowski; ``inf`` for squares instead of circles.

    Returns:
        Numbers of centres and of places, in no stated order, but the same for the same input.
    """
    if not len(centres) or not len(places):
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    radii = np.broadcast_to(radii, len(centres))
    near = cKDTree(centres).sparse_distance_matrix(
        cKDTree(places), radii.max(), p=norm, output_type="ndarray"
    )
    near = near[near["v"] <= radii[near["i"]]]
    return near["i"].astype(np.intp), near["j"].astype(np.intp)
