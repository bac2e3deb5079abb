"""Alike items become clusters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from sorter.types import LabelArray

N_STARTS = 20
"""K-Means ends in the nearest valley; the best of this many seeded starts is kept."""

TWIN_DECIMALS = 5
"""Embeddings of length 1 that agree to this many decimals count as one point."""


def cluster_items(embeddings: NDArray[np.floating], k: int, seed: int) -> LabelArray:
    """Put items into at most ``k`` clusters by likeness (K-Means).

    Fewer clusters come back where fewer different embeddings than ``k`` went in.

    Args:
        embeddings: ``(n, d)``, finite, each of length 1 or 0.
        k: At least 1 if there are items.

    Returns:
        ``(n,)`` int64, numbered from 0 in the order of each cluster's first item.
    """
    points, point_of = np.unique(np.round(embeddings, TWIN_DECIMALS), axis=0, return_inverse=True)
    if k >= len(points):
        return number_by_first(point_of)
    means = KMeans(n_clusters=k, n_init=N_STARTS, random_state=seed)
    # Several threads add up in any order, and sums in another order round differently.
    with threadpool_limits(limits=1):
        labels = means.fit_predict(np.asarray(embeddings, np.float64))
    return number_by_first(labels)


def number_by_first(labels: NDArray[np.integer]) -> LabelArray:
    """Renumber clusters from 0 in the order in which their first members come."""
    _, first, cluster = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[cluster]
