"""What each way of clustering makes of the same items' embeddings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from benchmarks.seen_scene import SeenScene
from benchmarks.truth import Sighting, TrueThing, thing_of_group
from sorter.clustering import cluster_items
from sorter.embedding import normalise_embeddings
from sorter.types import Clustering, Label, LabelArray, Plan


@dataclass(frozen=True, slots=True)
class Grouping:
    """How well one way grouped one table's items.

    Attributes:
        right: Items that are of their cluster's kind, each kind given to one cluster.
    """

    way: str
    items: int
    right: int


def compare_groupings(
    plan: Plan,
    seen: SeenScene,
    shown: Mapping[Sighting, TrueThing],
    kinds: Sequence[str],
) -> tuple[Grouping, ...]:
    """Group the items that a plan moves, in every way there is.

    Items that show nothing true are left out. Contents of containers tell nothing here: it is
    the ways alone that are compared.

    Args:
        kinds: Of the scene's items, by their numbers.
    """
    moved = sorted({command.item for command in plan.commands})
    things = [thing_of_group(plan.items[number].sightings, shown) for number in moved]
    known = [
        (number, kinds[thing[1]])
        for number, thing in zip(moved, things, strict=True)
        if thing is not None and thing[0] == Label.ITEM
    ]
    if not known or not plan.containers:
        return ()
    embeddings = normalise_embeddings(
        seen.crops.embed_crops([plan.items[number].crop for number, _ in known]), len(known)
    )
    k = min(len(plan.containers), len(known))
    of_kind = np.unique([kind for _, kind in known], return_inverse=True)[1]
    return tuple(
        Grouping(way.value, len(known), count_right(cluster_items(embeddings, k, 0, way), of_kind))
        for way in Clustering
    )


def count_right(clusters: LabelArray, kinds: LabelArray) -> int:
    """Return how many items are of their cluster's kind, the best way one to one.

    Args:
        clusters: ``(n,)``, numbered from 0.
        kinds: ``(n,)``, numbered from 0.
    """
    counts = np.zeros((int(clusters.max(initial=-1)) + 1, int(kinds.max(initial=-1)) + 1), int)
    np.add.at(counts, (clusters, kinds), 1)
    rows, columns = linear_sum_assignment(counts, maximize=True)
    return int(counts[rows, columns].sum())
