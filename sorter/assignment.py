"""Each cluster goes to one container."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

from sorter.geometry import travel_pw
from sorter.types import LabelArray, PositionArray


def assign_clusters(
    clusters: LabelArray, places_pw: PositionArray, containers_pw: PositionArray
) -> LabelArray:
    """Return the container of each cluster, no two the same, for the least total travel.

    Travel is that of every item to its container. It depends on where things are and on nothing
    else, so the same scene seen again is sorted alike.

    Args:
        clusters: ``(n,)``, the cluster of each item, numbered from 0 without a gap.
        places_pw: ``(n, 2)`` places of the items.
        containers_pw: ``(m, 2)`` places of the containers, at least as many as clusters.

    Returns:
        ``(k,)`` int64, numbers of containers.
    """
    item_travel = travel_pw(places_pw[:, None], containers_pw)
    travel = np.zeros((int(clusters.max(initial=-1)) + 1, len(containers_pw)))
    np.add.at(travel, clusters, item_travel)
    _, containers = linear_sum_assignment(travel)
    return np.asarray(containers, np.int64)
