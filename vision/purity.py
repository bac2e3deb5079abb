"""How good an embedder is: what K-Means makes of its values, as the sorting will use them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.cluster import KMeans

from sorter.errors import InvalidInputError
from sorter.types import FloatArray, LabelArray
from vision.ports import CropDataset, Embedder


def sorting_purity(
    embeddings: FloatArray,
    kinds: LabelArray,
    rng: np.random.Generator,
    *,
    n_scenes: int = 100,
    kinds_per_scene: int = 3,
    items_per_kind: int = 5,
) -> float:
    """Return which share of items K-Means puts with the majority of their own cluster.

    Scenes are drawn from the crops at hand: some kinds, and of each some items.

    Args:
        embeddings: ``(n, d)``; normalised to length 1 here.
        kinds: ``(n,)`` the true kind of each.
        rng: Draws the scenes.
        n_scenes: How many to draw.
        kinds_per_scene: Kinds in each, and clusters to find.
        items_per_kind: Items of each kind.

    Raises:
        InvalidInputError: Fewer kinds than asked for have as many crops as asked for.
    """
    values = embeddings / np.maximum(np.linalg.norm(embeddings, axis=1, keepdims=True), 1e-12)
    rows_of = {int(kind): np.flatnonzero(kinds == kind) for kind in np.unique(kinds)}
    known = [kind for kind, rows in rows_of.items() if len(rows) >= items_per_kind]
    if len(known) < kinds_per_scene:
        raise InvalidInputError(f"only {len(known)} kinds have {items_per_kind} crops or more")
    right = 0
    for _ in range(n_scenes):
        drawn = rng.choice(known, kinds_per_scene, replace=False)
        rows = np.concatenate(
            [rng.choice(rows_of[k], items_per_kind, replace=False) for k in drawn]
        )
        found = KMeans(kinds_per_scene, n_init=10, random_state=0).fit_predict(values[rows])
        right += _majority(found, kinds[rows])
    return right / (n_scenes * kinds_per_scene * items_per_kind)


def overall_purity(embeddings: FloatArray, kinds: LabelArray) -> float:
    """Return the same share where K-Means parts all crops at once, a cluster a kind.

    Args:
        embeddings: ``(n, d)``; normalised to length 1 here.
        kinds: ``(n,)`` the true kind of each.
    """
    values = embeddings / np.maximum(np.linalg.norm(embeddings, axis=1, keepdims=True), 1e-12)
    n_kinds = len(np.unique(kinds))
    found = KMeans(n_kinds, n_init=10, random_state=0).fit_predict(values)
    return _majority(found, kinds) / len(kinds)


def embed_crops(
    embedder: Embedder, crops: CropDataset, report: Callable[[int], None] | None = None
) -> tuple[FloatArray, LabelArray]:
    """Embed every crop of a dataset; return ``(n, d)`` embeddings and ``(n,)`` kinds."""
    rows: list[FloatArray] = []
    kinds: list[int] = []
    for index in range(len(crops)):
        crop, kind = crops[index]
        rows.append(embedder.embed([crop]))
        kinds.append(kind)
        if report:
            report(index + 1)
    return np.concatenate(rows), np.array(kinds, np.int64)


def _majority(clusters: LabelArray, kinds: LabelArray) -> int:
    """Count the items that are of their cluster's commonest kind."""
    return sum(
        int(np.unique(kinds[clusters == cluster], return_counts=True)[1].max())
        for cluster in np.unique(clusters)
    )
