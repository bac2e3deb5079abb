"""Embeddings as they come from a network, made fit for measuring likeness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from sorter.errors import InvalidInputError

LIKENESS_DECIMALS = 12
"""Of a mean likeness: twins are then exactly as alike as they are, whatever sums were rounded."""


def normalise_embeddings(embeddings: NDArray[np.floating], n: int) -> NDArray[np.float64]:
    """Scale every embedding to length 1, so that distance means unlikeness and not brightness.

    Args:
        embeddings: ``(n, d)``, one row an item.
        n: How many rows there have to be.

    Returns:
        ``(n, d)`` float64; a row of zeros stays one.

    Raises:
        InvalidInputError: The shape is another, or a number is not finite.
    """
    vectors = np.asarray(embeddings, np.float64)
    if vectors.ndim != 2 or len(vectors) != n:
        raise InvalidInputError(f"{n} crops need ({n}, d) embeddings, not {vectors.shape}")
    if not bool(np.isfinite(vectors).all()):
        raise InvalidInputError("an embedding holds a number that is not finite")
    # Scaled by the largest number first: the square of a huge one would overflow.
    vectors = _divide(vectors, np.abs(vectors).max(axis=1, initial=0.0))
    return _divide(vectors, np.linalg.norm(vectors, axis=1))


def mean_embeddings(vectors: NDArray[np.float64], n_views: Sequence[int]) -> NDArray[np.float64]:
    """Return ``(m, d)``, the mean direction of each thing's views, of length 1.

    Args:
        vectors: ``(n, d)``, normalised, the views of the first thing first.
        n_views: Of each thing, 1 or more; ``n`` in all.
    """
    thing = np.repeat(np.arange(len(n_views)), n_views)
    sums = sums_of(vectors, thing, len(n_views))
    return _divide(sums, np.linalg.norm(sums, axis=1))


def sums_of(
    vectors: NDArray[np.float64], group: NDArray[np.integer], n_groups: int
) -> NDArray[np.float64]:
    """Return ``(n_groups, d)``, the sum of each group's vectors, added up in their order.

    Args:
        vectors: ``(n, d)``.
        group: ``(n,)``, from 0 to below ``n_groups``.
    """
    n = len(vectors)
    one_each = csr_array((np.ones(n), (group, np.arange(n))), shape=(n_groups, n))
    return np.asarray(one_each @ vectors)


@dataclass(frozen=True, slots=True, eq=False)
class GroupLikeness:
    """How alike things are within groups and across them, summed over all pairs of things.

    Attributes:
        sums: ``(k, k)`` float64, over every pair of two groups; in the diagonal those of one.
        n_pairs: ``(k, k)`` int64, how many pairs that are.
    """

    sums: NDArray[np.float64]
    n_pairs: NDArray[np.int64]

    @classmethod
    def of(cls, vectors: NDArray[np.float64], group: NDArray[np.integer]) -> GroupLikeness:
        """Compare all things without comparing any two of them: the sum of products is a product.

        Args:
            vectors: ``(n, d)``, each of length 1 or 0.
            group: ``(n,)``, numbered from 0.
        """
        k = int(group.max(initial=-1)) + 1
        of_groups = sums_of(vectors, group, k)
        sums = np.einsum("ad,bd->ab", of_groups, of_groups)
        own = np.bincount(group, (vectors**2).sum(axis=1), minlength=k)
        sums[np.diag_indices(k)] = (np.diagonal(sums) - own) / 2
        n = np.bincount(group, minlength=k)
        n_pairs = np.outer(n, n)
        n_pairs[np.diag_indices(k)] = n * (n - 1) // 2
        return cls(sums, n_pairs)

    def mean(self, wanted: NDArray[np.bool_]) -> float | None:
        """Return the mean likeness of the pairs of some groups; ``None`` where there is no pair.

        Args:
            wanted: ``(k, k)``, of which the upper triangle counts.
        """
        upper = np.triu(wanted)
        n = int(self.n_pairs[upper].sum())
        return round(float(self.sums[upper].sum()) / n, LIKENESS_DECIMALS) if n else None


def likeness(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ``(n, m)``, the cosine of the angle between every row of ``a`` and every one of ``b``.

    It lies in ``[-1, 1]`` and is 0 beside a row of zeros.
    """
    lengths = [np.linalg.norm(rows, axis=1) for rows in (a, b)]
    # einsum adds in one fixed order, whatever the number of threads.
    return np.asarray(np.einsum("nd,md->nm", _divide(a, lengths[0]), _divide(b, lengths[1])))


def _divide(vectors: NDArray[np.float64], by: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide each row by its number, except by 0."""
    return np.asarray(vectors / np.where(by > 0, by, 1.0)[:, None])
