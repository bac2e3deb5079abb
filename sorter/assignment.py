"""Each cluster goes to one container: to that of its kind, else to where the way is short.

Source: docs/adr/0010-likeness.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from sorter.geometry import travel_pw
from sorter.types import LabelArray, PositionArray

LIKENESS_STEP = 0.01
"""Likenesses that differ by less than half of it count as equal, and travel decides."""


def assign_clusters(
    clusters: LabelArray,
    places_pw: PositionArray,
    containers_pw: PositionArray,
    kinship: NDArray[np.float64],
) -> LabelArray:
    """Return the container of each cluster, no two the same: likeness first, travel second.

    The sum of what :func:`kinship_worth` gives for all clusters is as large as it can be, and
    among all such assignments the total travel of every item to its container is least. So the
    same scene seen again is sorted alike.

    Args:
        clusters: ``(n,)``, the cluster of each item, numbered from 0 without a gap.
        places_pw: ``(n, 2)`` places of the items.
        containers_pw: ``(m, 2)`` places of the containers, at least as many as clusters.
        kinship: ``(k, m)``, how much more alike each cluster is to what lies in each container
            than two kinds are; below 0 where it is another kind, NaN where nothing tells a kind.

    Returns:
        ``(k,)`` int64, numbers of containers.
    """
    item_travel = travel_pw(places_pw[:, None], containers_pw)
    travel = np.zeros((int(clusters.max(initial=-1)) + 1, len(containers_pw)))
    np.add.at(travel, clusters, item_travel)
    # One step of worth outweighs whatever travel there can be in all.
    step = 1 + travel.max(axis=1, initial=0.0).sum()
    _, containers = linear_sum_assignment(travel - step * kinship_worth(kinship))
    return np.asarray(containers, np.int64)


def kinship_worth(kinship: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return, in whole steps, what it is worth to drop each cluster in each container."""
    return np.asarray(np.round(np.nan_to_num(kinship, nan=0.0) / LIKENESS_STEP))
