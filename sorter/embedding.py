"""Embeddings as they come from a network, made fit for measuring likeness."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sorter.errors import InvalidInputError


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
    starts = np.cumsum([0, *n_views[:-1]]) if len(n_views) else np.zeros(0, np.intp)
    sums = np.add.reduceat(vectors, starts) if len(starts) else vectors
    return _divide(sums, np.linalg.norm(sums, axis=1))


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
