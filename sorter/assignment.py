"""Each cluster goes to one container: to the one that claims it, else to where the way is short.

Source: docs/adr/0014-known-kinds.md.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

from sorter.geometry import travel_pw
from sorter.types import LabelArray, PositionArray

UNCLAIMED = -1
"""The container of a cluster that none claims."""


def assign_clusters(
    clusters: LabelArray,
    places_pw: PositionArray,
    containers_pw: PositionArray,
    claims: LabelArray,
) -> LabelArray:
    """Return the container of each cluster, no two the same.

    Clusters that no container claims get the others, such that the travel of every item to its
    container is least in sum. So the same scene seen again is sorted alike.

    Args:
        clusters: ``(n,)``, the cluster of each item.
        places_pw: ``(n, 2)`` places of the items.
        containers_pw: ``(m, 2)`` places of the containers.
        claims: ``(k,)`` the container that claims each cluster, none twice, or
            :data:`UNCLAIMED`; ``k`` is at most ``m``.

    Returns:
        ``(k,)`` int64, numbers of containers.
    """
    containers = claims.astype(np.int64)
    travel = np.zeros((len(claims), len(containers_pw)))
    np.add.at(travel, clusters, travel_pw(places_pw[:, None], containers_pw))
    waiting = np.flatnonzero(claims == UNCLAIMED)
    left = np.setdiff1d(np.arange(len(containers_pw)), claims)
    rows, columns = linear_sum_assignment(travel[np.ix_(waiting, left)])
    containers[waiting[rows]] = left[columns]
    return containers
