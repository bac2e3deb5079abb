"""Which container each item goes to, and how sure that is.

Source of every rule and number: docs/adr/0010-likeness.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sorter.assignment import assign_clusters
from sorter.clustering import (
    Embeddings,
    cluster_centres,
    cluster_items,
    find_margins,
    number_by_first,
)
from sorter.contents import contents_of_one_kind
from sorter.embedding import likeness, normalise_embeddings
from sorter.ports import CropEmbedder
from sorter.types import Clustering, Crop, LabelArray, PositionArray

LEAST_MARGIN = 0.3
"""Below it, an item's cluster is doubtful."""

MOST_SPREAD = 1.5
"""Two clusters are one kind's halves if their items are no more unlike, across, than this many
times what items of one cluster are among themselves."""


@dataclass(frozen=True, slots=True)
class Target:
    """A container that clusters may go to: its number, and the crops of what lies in it."""

    container: int
    contents: tuple[Crop, ...] = ()


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
    crops: Sequence[Crop],
    places_pw: PositionArray,
    targets: Sequence[Target],
    targets_pw: PositionArray,
    embedder: CropEmbedder,
    seed: int,
    clustering: Clustering,
) -> list[Destination]:
    """Look at items and at what lies in containers, all together, and choose for every item.

    What lies in containers is clustered with the items. So it tells what a container is for, and
    a kind of which no item is left on the table keeps a cluster of its own instead of splitting
    another kind's.

    Args:
        crops: Of the items, at least one.
        places_pw: ``(n, 2)`` servo places of the items.
        targets: At least one.
        targets_pw: ``(m, 2)`` servo places of the targets.
    """
    n = len(crops)
    asked = [*crops, *(crop for target in targets for crop in target.contents)]
    seen = normalise_embeddings(embedder.embed_crops(asked), len(asked))
    labels = cluster_items(seen, len(targets), seed, clustering)
    inside = np.split(np.arange(n, len(seen)), np.cumsum([len(t.contents) for t in targets])[:-1])
    claims = [seen[numbers[contents_of_one_kind(labels[numbers])]] for numbers in inside]
    alike = likeness(seen, seen)
    kinship = _kinship(cluster_centres(seen, labels), claims)
    labels = _join_known(labels, alike, kinship)
    clusters = labels[:n]
    kinship = _kinship(cluster_centres(seen[:n], clusters), claims) - _least_likeness(labels, alike)
    chosen = assign_clusters(clusters, places_pw, targets_pw, kinship)
    margins = find_margins(seen, labels)[:n]
    return [
        Destination(cluster, targets[int(chosen[cluster])].container, margin)
        for cluster, margin in zip(clusters.tolist(), margins.tolist(), strict=True)
    ]


def _least_likeness(labels: LabelArray, alike: NDArray[np.float64]) -> float:
    """Return how alike two things are that are as likely of one kind as of two.

    It lies halfway between the likeness of things of one cluster and of things of two, since
    networks differ in how alike everything looks to them; -1, where nothing can be compared.
    """
    upper = np.triu(np.ones_like(alike, bool), 1)
    is_same = labels[:, None] == labels
    sides = [alike[upper & is_same], alike[upper & ~is_same]]
    return float(np.mean([side.mean() for side in sides])) if all(map(len, sides)) else -1.0


def _join_known(
    labels: LabelArray, alike: NDArray[np.float64], kinship: NDArray[np.float64]
) -> LabelArray:
    """Make one cluster of halves of the kind that lies in one container.

    K-Means splits a kind where there are fewer kinds than containers; what lies in a container
    already tells that the halves belong together. How unlike items of one kind are is taken from
    the clusters themselves, since networks differ in that.
    """
    unlike = 1 - alike
    is_pair = np.triu(labels[:, None] == labels, 1)
    within = float(unlike[is_pair].mean()) if is_pair.any() else 0.0
    kinship = np.nan_to_num(kinship, nan=-np.inf)
    is_claimed = np.isfinite(kinship).any(axis=1)
    joined = np.arange(len(kinship))
    for target in range(kinship.shape[1]):
        halves = np.flatnonzero(is_claimed & (kinship.argmax(axis=1) == target))
        halves = halves[np.argsort(-kinship[halves, target], kind="stable")]
        for other in halves[1:]:
            across = float(unlike[np.ix_(labels == halves[0], labels == other)].mean())
            if across <= MOST_SPREAD * within:
                joined[other] = halves[0]
    return number_by_first(joined[labels])


def _kinship(centres: Embeddings, claims: Sequence[Embeddings]) -> NDArray[np.float64]:
    """Return ``(k, m)``, the likeness of clusters to targets; NaN where no kind is claimed."""
    kinship = np.full((len(centres), len(claims)), np.nan)
    for target, claim in enumerate(claims):
        if len(claim):
            kinship[:, target] = likeness(centres, claim.mean(axis=0)[None])[:, 0]
    return kinship
