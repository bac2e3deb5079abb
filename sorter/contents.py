"""What containers are for, told by what lies in them already.

Source of the rule and its numbers: docs/adr/0010-likeness.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sorter.embedding import LEAST_LIKENESS, likeness

LEAST_SHARE_ALIKE = 0.75
"""Of a container's contents that have to be of one kind, so that a stray one is forgiven."""


def contents_of_one_kind(embeddings: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the numbers of the contents that tell a container's kind.

    They are those alike the most typical one, which is alike most of them; of several, the one
    that comes first.

    Args:
        embeddings: ``(n, d)``, of all that lies in one container.

    Returns:
        Rising; empty where nothing lies there or where it is of several kinds.
    """
    if not len(embeddings):
        return np.zeros(0, np.intp)
    alike = likeness(embeddings, embeddings) >= LEAST_LIKENESS
    np.fill_diagonal(alike, val=True)
    of_kind = np.flatnonzero(alike[int(alike.sum(axis=1).argmax())])
    return of_kind if len(of_kind) >= LEAST_SHARE_ALIKE * len(embeddings) else of_kind[:0]
