"""Which container each item goes to, and how sure that is.

Source of every rule and number: docs/adr/0010-likeness.md, docs/adr/0014-known-kinds.md and, of
what is faint, docs/adr/0030-faint-things.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sorter.assignment import UNCLAIMED, assign_clusters
from sorter.clustering import (
    FREE,
    Embeddings,
    cluster_centres,
    cluster_items,
    find_margins,
    number_by_first,
)
from sorter.contents import known_kinds, least_likeness_of_a_kind
from sorter.detection import SURE_SCORE
from sorter.embedding import (
    LIKENESS_DECIMALS,
    GroupLikeness,
    mean_embeddings,
    normalise_embeddings,
)
from sorter.ports import CropEmbedder
from sorter.types import Clustering, Crop, LabelArray, PositionArray

LEAST_MARGIN = 0.3
"""Below it, an item's cluster is doubtful."""

MOST_SPREAD = 1.2
"""Two clusters are one kind's halves if things are no more unlike across than this many times what
they are within, and"""

LEAST_SHARED = 0.5
"""if what they have in common across is at least this share of what they have within: where things
of one kind have little in common, they are hardly more unlike across two kinds."""


LEAST_RESEMBLANCE = 0.4
"""Of a faint thing to its cluster, to be picked: this share of the way from what things of two
clusters have in common to what those of one have."""

Views = tuple[Crop, ...]
"""The crops to compare one thing by, at least one."""


@dataclass(frozen=True, slots=True)
class Thing:
    """What is known of a thing before anybody looks at it: its views, and the detector's score."""

    views: Views
    score: float


@dataclass(frozen=True, slots=True)
class Target:
    """A container that clusters may go to: its number, and what lies in it."""

    container: int
    contents: tuple[Thing, ...] = ()


@dataclass(frozen=True, slots=True)
class Destination:
    """Where one item goes; attributes as in :class:`~sorter.types.Command`."""

    cluster: int
    container: int
    margin: float

    @property
    def is_unsure(self) -> bool:
        """Whether the item may as well belong to the next cluster."""
        return self.margin < LEAST_MARGIN


def choose_destinations(
    items: Sequence[Thing],
    places_pw: PositionArray,
    targets: Sequence[Target],
    targets_pw: PositionArray,
    embedder: CropEmbedder,
    seed: int,
    clustering: Clustering,
) -> list[Destination | None]:
    """Look at items and at what lies in containers, all together, and choose for every item.

    What lies in containers is clustered with the items, each container's in a cluster of its own.
    So it tells what the container is for, and a kind of which no item is left on the table keeps
    a cluster instead of splitting another kind's.

    Faint things have no say in what clusters there are. A faint item goes with the cluster that it
    has most in common with; one that is hardly like that, either, is taken for nothing.

    Args:
        items: At least one.
        places_pw: ``(n, 2)`` servo places of the items.
        targets: At least one.
        targets_pw: ``(m, 2)`` servo places of the targets.

    Returns:
        In the order of the items; ``None`` for what is taken for nothing.
    """
    n = len(items)
    things = [*items, *(thing for target in targets for thing in target.contents)]
    inside = [FREE] * n + [t for t, target in enumerate(targets) for _ in target.contents]
    seen = _look_at([thing.views for thing in things], embedder)
    is_sure = _are_sure(things, n)
    kinds = _find_kinds(
        seen[is_sure], np.array(inside, np.int64)[is_sure], len(targets), seed, clustering
    )
    labels, is_like = kinds.place(seen[:n])
    is_like |= is_sure[:n]
    labels[is_sure[:n]] = kinds.labels[: np.count_nonzero(is_sure[:n])]
    chosen = assign_clusters(labels[is_like], places_pw[is_like], targets_pw, kinds.claims)
    margins = find_margins(seen[:n], labels, kinds.centres)
    return [
        Destination(label, targets[int(chosen[label])].container, margin) if is_something else None
        for label, margin, is_something in zip(
            labels.tolist(), margins.tolist(), is_like.tolist(), strict=True
        )
    ]


@dataclass(frozen=True, slots=True, eq=False)
class _Kinds:
    """What clusters there are.

    Attributes:
        labels: ``(n,)``, the cluster of each thing that is there for sure.
        centres: ``(k, d)``, the means of their embeddings.
        claims: ``(k,)``, the target that claims each cluster, or ``UNCLAIMED``.
        least_likeness: Of a faint thing and those of its cluster.
    """

    labels: LabelArray
    centres: Embeddings
    claims: LabelArray
    least_likeness: float

    def place(self, seen: Embeddings) -> tuple[LabelArray, NDArray[np.bool_]]:
        """Return the cluster that each of ``(n, d)`` is like most, and whether it is like it."""
        # What a thing has in common with a mean is the mean of what it has with each thing.
        # einsum adds in one fixed order, whatever the number of threads.
        alike = np.round(np.einsum("nd,kd->nk", seen, self.centres), LIKENESS_DECIMALS)
        return alike.argmax(axis=1), np.asarray(alike.max(axis=1) >= self.least_likeness)


def _find_kinds(
    seen: Embeddings, inside: LabelArray, k: int, seed: int, clustering: Clustering
) -> _Kinds:
    """Cluster things, of which ``inside`` tells the target that each lies in, or ``FREE``."""
    labels = cluster_items(seen, k, seed, clustering)
    alike = GroupLikeness.of(seen, labels)
    known = known_kinds(inside, seen, least_likeness_of_a_kind(alike))
    if (known != FREE).any():
        labels = cluster_items(seen, k, seed, clustering, known)
        labels = join_halves(labels, known, GroupLikeness.of(seen, labels))
        alike = GroupLikeness.of(seen, labels)
    claims = np.full(int(labels.max()) + 1, UNCLAIMED)
    claims[labels[known != FREE]] = known[known != FREE]
    return _Kinds(
        labels,
        cluster_centres(seen, labels),
        claims,
        least_likeness_of_a_kind(alike, LEAST_RESEMBLANCE),
    )


def _are_sure(things: Sequence[Thing], n_items: int) -> NDArray[np.bool_]:
    """Return whether each thing is there for sure; without one such item, all count as such."""
    is_sure = np.array([thing.score >= SURE_SCORE for thing in things])
    return is_sure if is_sure[:n_items].any() else np.ones(len(things), np.bool_)


def _look_at(things: Sequence[Views], embedder: CropEmbedder) -> Embeddings:
    """Return ``(n, d)``, what all views of each thing have in common, in one batch."""
    asked = [crop for views in things for crop in views]
    seen = normalise_embeddings(embedder.embed_crops(asked), len(asked))
    return mean_embeddings(seen, [len(views) for views in things])


def join_halves(labels: LabelArray, known: LabelArray, alike: GroupLikeness) -> LabelArray:
    """Let what is but the other half of a known kind join it.

    K-Means splits a kind where there are fewer kinds than containers. A cluster of no known kind
    joins the known one that it is least unlike, if they are hardly more unlike across than within,
    and have much in common.

    Args:
        labels: ``(n,)``, the cluster of each thing.
        known: ``(n,)``, the container whose kind each thing tells, or ``FREE``.
        alike: Of the clusters.

    Returns:
        ``(n,)``, clusters numbered by their first thing.
    """
    claimed = np.unique(labels[known != FREE])
    joined = labels.copy()
    for free in np.setdiff1d(labels, claimed):
        spreads = [_spread(int(free), int(one), alike) for one in claimed]
        if min(spreads) <= MOST_SPREAD:
            joined[labels == free] = claimed[int(np.argmin(spreads))]
    return number_by_first(joined)


def _spread(a: int, b: int, alike: GroupLikeness) -> float:
    """Return how many times as unlike things of two clusters are as things of either one.

    Where neither has two things, they are taken to be as alike as things of one cluster are.
    Infinite where things across have less than :data:`LEAST_SHARED` of it in common.
    """
    is_same = np.eye(len(alike.sums), dtype=np.bool_)
    is_either = np.zeros_like(is_same)
    is_either[[a, b], [a, b]] = True
    is_across = np.zeros_like(is_same)
    is_across[[a, b], [b, a]] = True
    within = _first(alike.mean(is_either), alike.mean(is_same))
    across = _first(alike.mean(is_across))
    if across < LEAST_SHARED * within:
        return np.inf
    if within < 1:
        return (1 - across) / (1 - within)
    return 1.0 if across == 1 else np.inf


def _first(*means: float | None) -> float:
    """Return the first mean that there is; 1 where there is none."""
    return next((mean for mean in means if mean is not None), 1.0)
