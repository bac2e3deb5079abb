"""What containers are for, told by what lies in them already.

Source of the rules and their numbers: docs/adr/0014-known-kinds.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sorter.clustering import FREE
from sorter.embedding import GroupLikeness, likeness
from sorter.types import LabelArray

LEAST_SHARE_ALIKE = 0.6
"""Of a container's contents that have to be of one kind, so that one stray thing in three is
forgiven."""

LEAST_LIKENESS_SHARE = 0.1
"""Of the way from how alike things of two kinds are to how alike things of one kind are: contents
less alike than that are of several kinds."""


def known_kinds(inside: LabelArray, seen: NDArray[np.float64], least_likeness: float) -> LabelArray:
    """Return ``(n,)``, the container whose kind each thing tells, or :data:`FREE`.

    Args:
        inside: ``(n,)``, the container that each thing lies in, or :data:`FREE`.
        seen: ``(n, d)``, the embeddings of all things.
        least_likeness: Of things of one kind.
    """
    known = np.full(len(inside), FREE, np.int64)
    for container in np.unique(inside[inside != FREE]):
        numbers = np.flatnonzero(inside == container)
        contents = seen[numbers]
        own = contents_of_one_kind(likeness(contents, contents), least_likeness)
        known[numbers[own]] = container
    return known


def contents_of_one_kind(alike: NDArray[np.float64], least_likeness: float) -> NDArray[np.intp]:
    """Return the numbers of the contents that tell a container's kind.

    They are those that are alike the others on average, where most contents are.

    Args:
        alike: ``(n, n)``, the likeness of the contents of one container.
        least_likeness: Of things of one kind.

    Returns:
        Rising; empty where nothing lies there or where it is of several kinds.
    """
    n = len(alike)
    if n < 2:
        return np.arange(n)
    others = (alike.sum(axis=1) - np.diagonal(alike)) / (n - 1)
    of_kind = np.flatnonzero(others >= least_likeness)
    return of_kind if len(of_kind) >= LEAST_SHARE_ALIKE * n else of_kind[:0]


def least_likeness_of_a_kind(alike: GroupLikeness, share: float = LEAST_LIKENESS_SHARE) -> float:
    """Return how alike things must be to pass for one kind.

    Networks differ in how alike everything looks to them, so it is told by the things at hand.

    Args:
        alike: Of the clusters.
        share: Of the way from how alike things of two clusters are to how alike those of one are.

    Returns:
        -1, where nothing can be compared.
    """
    is_same = np.eye(len(alike.sums), dtype=np.bool_)
    within, across = alike.mean(is_same), alike.mean(~is_same)
    if within is None or across is None:
        return -1.0
    return across + share * (within - across)
