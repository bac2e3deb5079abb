"""Alike items become clusters.

Source of the choice between the ways and of every number: docs/adr/0010-likeness.md.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist
from sklearn import config_context
from sklearn.cluster import kmeans_plusplus
from sklearn.utils.extmath import row_norms
from threadpoolctl import ThreadpoolController

from sorter.embedding import likeness, sums_of
from sorter.types import Clustering, LabelArray

LEAST_LIKENESS = 0.3
"""Of groups that agglomeration still joins: the shipped embedder's values of two kinds lie below
it in more than 95 of 100 cases. Source: docs/adr/0010-likeness.md."""

N_STARTS = 20
"""K-Means ends in the nearest valley; the best of this many seeded starts is kept."""

N_ROUNDS = 30
"""Of K-Means from one start, at most: five settle a table."""

TWIN_DECIMALS = 5
"""Embeddings of length 1 that agree to this many decimals count as one point."""

_TWIN_DISTANCE = 10.0 ** (-2 * TWIN_DECIMALS)

FREE = -1
"""The known kind of a thing of which none is known."""

Embeddings = NDArray[np.float64]


def cluster_items(
    embeddings: NDArray[np.floating],
    k: int,
    seed: int,
    clustering: Clustering = Clustering.KMEANS,
    known: LabelArray | None = None,
) -> LabelArray:
    """Put things into at most ``k`` clusters by likeness.

    Fewer clusters come back where fewer different embeddings than ``k`` went in, and from
    agglomerative clustering where fewer than ``k`` groups are unlike each other.

    Args:
        embeddings: ``(n, d)``, finite, each of length 1 or 0.
        k: At least 1 if there are things, and no less than there are known kinds.
        known: ``(n,)``, for each thing the number of the kind that it is known to be of, or
            :data:`FREE`. Things of one known kind end up in one cluster, things of two in two.

    Returns:
        ``(n,)`` int64, numbered from 0 in the order of each cluster's first thing.
    """
    held = np.full(len(embeddings), FREE) if known is None else number_known(known)
    points = np.round(embeddings, TWIN_DECIMALS)
    is_one_point = bool((points == points[:1]).all())
    if len(embeddings) < 2 or (is_one_point and (held == FREE).all()):
        return np.zeros(len(embeddings), np.int64)
    # Several threads add up in any order, and sums in another order round differently.
    with _threads().limit(limits=1):
        labels = _WAYS[clustering](np.asarray(embeddings, np.float64), k, seed, held)
    return number_by_first(labels)


@cache
def _threads() -> ThreadpoolController:
    """Return what limits the threads of the libraries at work here; to find them takes a while."""
    return ThreadpoolController()


def number_known(known: LabelArray) -> LabelArray:
    """Renumber known kinds from 0 without a gap; what is :data:`FREE` stays so."""
    held = np.full(len(known), FREE, np.int64)
    is_held = known != FREE
    held[is_held] = np.unique(known[is_held], return_inverse=True)[1]
    return held


def number_by_first(labels: NDArray[np.integer]) -> LabelArray:
    """Renumber clusters from 0 in the order in which their first members come."""
    _, first, cluster = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[cluster]


def cluster_centres(embeddings: Embeddings, labels: LabelArray) -> Embeddings:
    """Return ``(k, d)``, the mean of each cluster's embeddings, clusters numbered without a gap."""
    sums = sums_of(embeddings, labels, int(labels.max(initial=-1)) + 1)
    return np.asarray(sums / np.bincount(labels, minlength=len(sums))[:, None])


def find_margins(
    embeddings: Embeddings, labels: LabelArray, centres: Embeddings
) -> NDArray[np.float64]:
    """Return how much nearer each item is to its own cluster's centre than to the next one.

    It is ``(d2 - d1) / d2``, with the distance ``d1`` to its own centre and ``d2`` to the nearest
    other one; 1 where there is no other cluster, and 0 where the other one is as near or nearer.

    Returns:
        ``(n,)`` float64 in ``[0, 1]``.

    Source: the simplified silhouette of E. R. Hruschka, R. J. G. B. Campello and L. N. de Castro,
    Evolving clusters in gene-expression data, 2006, which compares with centres what P. J.
    Rousseeuw's silhouette of 1987 compares with every item.
    """
    if len(centres) < 2:
        return np.ones(len(labels))
    apart = np.stack([np.linalg.norm(embeddings - centre, axis=1) for centre in centres], axis=1)
    items = np.arange(len(labels))
    own = apart[items, labels]
    apart[items, labels] = np.inf
    other = apart.min(axis=1)
    margins = np.divide(other - own, other, out=np.zeros_like(own), where=other > 0)
    return np.asarray(np.clip(margins, 0, 1))


def _kmeans(embeddings: Embeddings, k: int, seed: int, held: LabelArray) -> LabelArray:
    return _by_centres(embeddings, k, seed, held, _nearness)


def _spherical(embeddings: Embeddings, k: int, seed: int, held: LabelArray) -> LabelArray:
    """K-Means by angle: only the direction of a centre counts.

    Source: I. S. Dhillon and D. S. Modha, Concept decompositions for large sparse text data using
    clustering, 2001.
    """
    return _by_centres(embeddings, k, seed, held, likeness)


Nearness = Callable[[Embeddings, Embeddings], NDArray[np.float64]]
"""How near every thing is to every centre, ``(n, k)``; what K-Means makes greatest in sum."""


def _nearness(embeddings: Embeddings, centres: Embeddings) -> NDArray[np.float64]:
    """Return half of what the squared distance lacks to the squared length of a thing."""
    # einsum adds in one fixed order, whatever the number of threads.
    across = np.einsum("nd,kd->nk", embeddings, centres)
    return np.asarray(across - np.einsum("kd,kd->k", centres, centres) / 2)


def _by_centres(
    embeddings: Embeddings, k: int, seed: int, held: LabelArray, nearness: Nearness
) -> LabelArray:
    """K-Means in which things of a known kind stay with it: the best of many starts.

    Each begins at the centre of each known kind and at others, drawn among things unlike those
    and each other: no more of them than different things that no known kind's centre looks like.

    Source: constrained seeding of S. Basu, A. Banerjee and R. Mooney, Semi-supervised clustering
    by seeding, 2002.
    """
    chance = np.random.RandomState(seed)  # scikit-learn takes no Generator
    known = cluster_centres(embeddings[held != FREE], held[held != FREE])
    # In another order the same things would be drawn by another chance.
    others = np.unique(np.round(embeddings[held == FREE], TWIN_DECIMALS), axis=0)
    apart = _distances_from(known, others)
    others, apart = others[apart > _TWIN_DISTANCE], apart[apart > _TWIN_DISTANCE]
    n = min(k - len(known), len(others))
    if n < 1:
        return _settle(embeddings, held, known, nearness)[1]
    norms = row_norms(others, squared=True)
    ends = []
    with config_context(assume_finite=True, skip_parameter_validation=True):
        for _ in range(N_STARTS):
            drawn, _ = kmeans_plusplus(
                others, n, sample_weight=apart, x_squared_norms=norms, random_state=chance
            )
            ends.append(_settle(embeddings, held, np.concatenate([known, drawn]), nearness))
    gains = [gain for gain, _ in ends]
    return ends[int(np.argmax(gains))][1]


def _distances_from(centres: Embeddings, others: Embeddings) -> NDArray[np.float64]:
    """Return the squared distance of each from the nearest centre; 1 where there is no centre."""
    if not len(centres):
        return np.ones(len(others))
    return np.asarray(np.min([((others - centre) ** 2).sum(axis=1) for centre in centres], axis=0))


def _settle(
    embeddings: Embeddings, held: LabelArray, centres: Embeddings, nearness: Nearness
) -> tuple[float, LabelArray]:
    """Return the summed nearness and the clusters that one start of K-Means ends in."""
    labels = held
    for _ in range(N_ROUNDS):
        near = nearness(embeddings, centres)
        nearest = np.where(held == FREE, near.argmax(axis=1), held)
        if (nearest == labels).all():
            break
        labels = nearest
        is_used = np.bincount(labels, minlength=len(centres)) > 0
        centres[is_used] = cluster_centres(embeddings, np.cumsum(is_used)[labels] - 1)
    gain = near[np.arange(len(labels)), labels].sum()
    return round(float(gain), TWIN_DECIMALS), labels


def _agglomerative(
    embeddings: Embeddings,
    k: int,
    seed: int,  # noqa: ARG001
    held: LabelArray,
) -> LabelArray:
    """Join the two groups most alike on average, until ``k`` are left and all are unlike."""
    # Half the squared distance of two of length 1 is what their likeness lacks to 1.
    unlike = pdist(embeddings, "sqeuclidean") / 2
    a, b = np.triu_indices(len(embeddings), 1)
    is_both_held = (held[a] != FREE) & (held[b] != FREE)
    unlike[is_both_held & (held[a] == held[b])] = 0
    # So far apart that groups of two known kinds are still the last to join, on average over all.
    unlike[is_both_held & (held[a] != held[b])] = 3.0 * len(embeddings) ** 2
    joins = linkage(unlike, "average")
    last_needed = joins[len(embeddings) - k - 1, 2] if k < len(embeddings) else 0.0
    up_to = max(float(last_needed), 1 - LEAST_LIKENESS)
    return np.asarray(fcluster(joins, up_to, "distance"), np.int64)


_WAYS: dict[Clustering, Callable[[Embeddings, int, int, LabelArray], LabelArray]] = {
    Clustering.KMEANS: _kmeans,
    Clustering.SPHERICAL: _spherical,
    Clustering.AGGLOMERATIVE: _agglomerative,
}
