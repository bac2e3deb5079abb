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

KNOWN_LIKENESS = 0.65
"""Of two clusters to one container's contents, from which on they are one kind for certain."""


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

    What tells a container's kind is clustered with the items, so that a kind of which no item is
    left on the table keeps a cluster of its own instead of splitting another kind's.

    Args:
        crops: Of the items, at least one.
        places_pw: ``(n, 2)`` servo places of the items.
        targets: At least one.
        targets_pw: ``(m, 2)`` servo places of the targets.
    """
    n = len(crops)
    asked = [*crops, *(crop for target in targets for crop in target.contents)]
    embeddings = normalise_embeddings(embedder.embed_crops(asked), len(asked))
    claims = _claims(embeddings[n:], [len(target.contents) for target in targets])
    seen = np.concatenate([embeddings[:n], *claims])
    labels = cluster_items(seen, len(targets), seed, clustering)
    labels = _join_known(labels, seen, claims)
    clusters = labels[:n]
    kinship = _kinship(cluster_centres(seen[:n], clusters), claims)
    chosen = assign_clusters(clusters, places_pw, targets_pw, kinship)
    margins = find_margins(seen, labels)[:n]
    return [
        Destination(cluster, targets[int(chosen[cluster])].container, margin)
        for cluster, margin in zip(clusters.tolist(), margins.tolist(), strict=True)
    ]


def _claims(contents: Embeddings, counts: Sequence[int]) -> list[Embeddings]:
    """Return for each target the embeddings of those contents that tell its kind, if any do."""
    inside = np.split(contents, np.cumsum(counts)[:-1])
    return [embeddings[contents_of_one_kind(embeddings)] for embeddings in inside]


def _join_known(labels: LabelArray, seen: Embeddings, claims: Sequence[Embeddings]) -> LabelArray:
    """Make one cluster of those that are surely of the kind that lies in one container.

    K-Means splits a kind where there are fewer kinds than containers; what lies in a container
    already tells that the halves belong together.
    """
    kinship = _kinship(cluster_centres(seen, labels), claims)
    known = np.where(kinship >= KNOWN_LIKENESS, kinship, -np.inf)
    joined = np.arange(len(known))
    for target in range(len(claims)):
        halves = np.flatnonzero((known.argmax(axis=1) == target) & np.isfinite(known[:, target]))
        joined[halves] = halves[:1]
    return number_by_first(joined[labels])


def _kinship(centres: Embeddings, claims: Sequence[Embeddings]) -> NDArray[np.float64]:
    """Return ``(k, m)``, the likeness of clusters to targets; NaN where no kind is claimed."""
    kinship = np.full((len(centres), len(claims)), np.nan)
    for target, claim in enumerate(claims):
        if len(claim):
            kinship[:, target] = likeness(centres, claim.mean(axis=0)[None])[:, 0]
    return kinship
