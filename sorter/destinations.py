"""Which container each item goes to, and how sure that is.

Source of every rule and number: docs/adr/0010-likeness.md and docs/adr/0014-known-kinds.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sorter.assignment import UNCLAIMED, assign_clusters
from sorter.clustering import FREE, Embeddings, cluster_items, find_margins, number_by_first
from sorter.contents import known_kinds, least_likeness_of_a_kind
from sorter.embedding import GroupLikeness, mean_embeddings, normalise_embeddings
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


Views = tuple[Crop, ...]
"""The crops to compare one thing by, at least one."""


@dataclass(frozen=True, slots=True)
class Target:
    """A container that clusters may go to: its number, and the views of what lies in it."""

    container: int
    contents: tuple[Views, ...] = ()


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
    things: Sequence[Views],
    places_pw: PositionArray,
    targets: Sequence[Target],
    targets_pw: PositionArray,
    embedder: CropEmbedder,
    seed: int,
    clustering: Clustering,
) -> list[Destination]:
    """Look at items and at what lies in containers, all together, and choose for every item.

    What lies in containers is clustered with the items, each container's in a cluster of its own.
    So it tells what the container is for, and a kind of which no item is left on the table keeps
    a cluster instead of splitting another kind's.

    Args:
        things: The views of the items, at least of one.
        places_pw: ``(n, 2)`` servo places of the items.
        targets: At least one.
        targets_pw: ``(m, 2)`` servo places of the targets.
    """
    n = len(things)
    seen = _look_at([*things, *(one for target in targets for one in target.contents)], embedder)
    numbers = [FREE] * n + [t for t, target in enumerate(targets) for _ in target.contents]
    labels = cluster_items(seen, len(targets), seed, clustering)
    least_likeness = least_likeness_of_a_kind(GroupLikeness.of(seen, labels))
    known = known_kinds(np.array(numbers, np.int64), seen, least_likeness)
    if (known != FREE).any():
        labels = cluster_items(seen, len(targets), seed, clustering, known)
        labels = join_halves(labels, known, GroupLikeness.of(seen, labels))
    clusters = labels[:n]
    claims = np.full(int(labels.max()) + 1, UNCLAIMED)
    claims[labels[known != FREE]] = known[known != FREE]
    chosen = assign_clusters(clusters, places_pw, targets_pw, claims)
    margins = find_margins(seen, labels)[:n]
    return [
        Destination(cluster, targets[int(chosen[cluster])].container, margin)
        for cluster, margin in zip(clusters.tolist(), margins.tolist(), strict=True)
    ]


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
