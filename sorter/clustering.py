"""Alike items become clusters.

Source of the choice between the ways and of every number: docs/adr/0010-likeness.md.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist
from sklearn.cluster import KMeans, kmeans_plusplus
from threadpoolctl import threadpool_limits

from sorter.embedding import likeness
from sorter.types import Clustering, LabelArray

LEAST_LIKENESS = 0.3
"""Of groups that agglomeration still joins: the shipped embedder's values of two kinds lie below
it in more than 95 of 100 cases. Source: docs/adr/0010-likeness.md."""

N_STARTS = 20
"""K-Means ends in the nearest valley; the best of this many seeded starts is kept."""

N_ROUNDS = 30
"""Of spherical K-Means from one start, most of which change nothing: five settle a table."""

TWIN_DECIMALS = 5
"""Embeddings of length 1 that agree to this many decimals count as one point."""

Embeddings = NDArray[np.float64]


def cluster_items(
    embeddings: NDArray[np.floating],
    k: int,
    seed: int,
    clustering: Clustering = Clustering.KMEANS,
) -> LabelArray:
    """Put items into at most ``k`` clusters by likeness.

    Fewer clusters come back where fewer different embeddings than ``k`` went in, and from
    agglomerative clustering where fewer than ``k`` groups are unlike each other.

    Args:
        embeddings: ``(n, d)``, finite, each of length 1 or 0.
        k: At least 1 if there are items.

    Returns:
        ``(n,)`` int64, numbered from 0 in the order of each cluster's first item.
    """
    points, point_of = np.unique(np.round(embeddings, TWIN_DECIMALS), axis=0, return_inverse=True)
    if len(points) < 2 or (k >= len(points) and clustering is not Clustering.AGGLOMERATIVE):
        return number_by_first(point_of)
    # Several threads add up in any order, and sums in another order round differently.
    with threadpool_limits(limits=1):
        labels = _WAYS[clustering](np.asarray(embeddings, np.float64), k, seed)
    return number_by_first(labels)


def number_by_first(labels: NDArray[np.integer]) -> LabelArray:
    """Renumber clusters from 0 in the order in which their first members come."""
    _, first, cluster = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[cluster]


def cluster_centres(embeddings: Embeddings, labels: LabelArray) -> Embeddings:
    """Return ``(k, d)``, the mean of each cluster's embeddings, clusters numbered without a gap."""
    sums = np.zeros((int(labels.max(initial=-1)) + 1, embeddings.shape[1]))
    np.add.at(sums, labels, embeddings)
    return np.asarray(sums / np.bincount(labels, minlength=len(sums))[:, None])


def find_margins(embeddings: Embeddings, labels: LabelArray) -> NDArray[np.float64]:
    """Return how much nearer each item is to its own cluster's centre than to the next one.

    It is ``(d2 - d1) / d2``, with the distance ``d1`` to its own centre and ``d2`` to the nearest
    other one; 1 where there is no other cluster, and 0 where the other one is as near or nearer.

    Returns:
        ``(n,)`` float64 in ``[0, 1]``.

    Source: the simplified silhouette of E. R. Hruschka, R. J. G. B. Campello and L. N. de Castro,
    Evolving clusters in gene-expression data, 2006, which compares with centres what P. J.
    Rousseeuw's silhouette of 1987 compares with every item.
    """
    centres = cluster_centres(embeddings, labels)
    if len(centres) < 2:
        return np.ones(len(labels))
    apart = np.asarray(np.linalg.norm(embeddings[:, None] - centres, axis=-1), np.float64)
    items = np.arange(len(labels))
    own = apart[items, labels]
    apart[items, labels] = np.inf
    other = apart.min(axis=1)
    margins = np.divide(other - own, other, out=np.zeros_like(own), where=other > 0)
    return np.asarray(np.clip(margins, 0, 1))


def _kmeans(embeddings: Embeddings, k: int, seed: int) -> LabelArray:
    means = KMeans(n_clusters=k, n_init=N_STARTS, random_state=seed)
    return np.asarray(means.fit_predict(embeddings), np.int64)


def _spherical(embeddings: Embeddings, k: int, seed: int) -> LabelArray:
    """K-Means by angle: centres, too, are of length 1, and likeness to them is maximised.

    Source: I. S. Dhillon and D. S. Modha, Concept decompositions for large sparse text data using
    clustering, 2001.
    """
    chance = np.random.RandomState(seed)  # scikit-learn takes no Generator
    ends = [_settle(embeddings, k, chance) for _ in range(N_STARTS)]
    gains = [gain for gain, _ in ends]
    return ends[int(np.argmax(gains))][1]


def _settle(
    embeddings: Embeddings, k: int, chance: np.random.RandomState
) -> tuple[float, LabelArray]:
    """Return the summed likeness and the clusters that one start of spherical K-Means ends in."""
    centres, _ = kmeans_plusplus(embeddings, k, random_state=chance)
    for _ in range(N_ROUNDS):
        labels = likeness(embeddings, centres).argmax(axis=1)
        centres = cluster_centres(embeddings, np.unique(labels, return_inverse=True)[1])
    gain = likeness(embeddings, centres).max(axis=1).sum()
    return round(float(gain), TWIN_DECIMALS), labels


def _agglomerative(embeddings: Embeddings, k: int, seed: int) -> LabelArray:  # noqa: ARG001
    """Join the two groups most alike on average, until ``k`` are left and all are unlike."""
    # Half the squared distance of two of length 1 is what their likeness lacks to 1.
    joins = linkage(pdist(embeddings, "sqeuclidean") / 2, "average")
    last_needed = joins[len(embeddings) - k - 1, 2] if k < len(embeddings) else 0.0
    up_to = max(float(last_needed), 1 - LEAST_LIKENESS)
    return np.asarray(fcluster(joins, up_to, "distance"), np.int64)


_WAYS: dict[Clustering, Callable[[Embeddings, int, int], LabelArray]] = {
    Clustering.KMEANS: _kmeans,
    Clustering.SPHERICAL: _spherical,
    Clustering.AGGLOMERATIVE: _agglomerative,
}
