"""What containers are for, told by what lies in them already.

Source of the rule and its number: docs/adr/0010-likeness.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sorter.types import LabelArray

LEAST_SHARE_ALIKE = 0.75
"""Of a container's contents that have to be of one kind, so that a stray one is forgiven."""


def contents_of_one_kind(clusters: LabelArray) -> NDArray[np.intp]:
    """Return the numbers of the contents that tell a container's kind.

    They are those of the commonest cluster, where most contents are of it.

    Args:
        clusters: ``(n,)``, the cluster of each thing that lies in one container.

    Returns:
        Rising; empty where nothing lies there or where it is of several kinds.
    """
    if not len(clusters):
        return np.zeros(0, np.intp)
    of_kind = np.flatnonzero(clusters == np.bincount(clusters).argmax())
    return of_kind if len(of_kind) >= LEAST_SHARE_ALIKE * len(clusters) else of_kind[:0]
