"""What a k-d tree finds for many places at once, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.intp]

Found = Sequence[list[int]] | NDArray[np.object_]
"""For each place a list of numbers."""


def flat_pairs(found: Found) -> tuple[Index, Index]:
    """Return what a tree found for each of many places as pairs ``(place, found)``."""
    counts = list(map(len, found))
    flat = np.fromiter(chain.from_iterable(found), np.intp, sum(counts))
    return np.repeat(np.arange(len(counts)), counts), flat
