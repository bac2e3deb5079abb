"""Crop datasets of several sources, learnt from as one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sorter.errors import InvalidInputError
from vision.ports import CropDataset, RgbImage


class JoinedCrops:
    """A ``CropDataset`` of others, one after the other; no two share a kind.

    Raises:
        InvalidInputError: Two of them have a kind of one name.
    """

    def __init__(self, parts: Sequence[CropDataset]) -> None:
        self._parts = tuple(parts)
        self._kinds = tuple(name for part in parts for name in part.kinds)
        if len(set(self._kinds)) != len(self._kinds):
            raise InvalidInputError("two sources of crops have a kind of one name")
        self._ends = np.cumsum([len(part) for part in parts])
        self._first_kinds = np.cumsum([0, *(len(part.kinds) for part in parts)])

    @property
    def kinds(self) -> Sequence[str]:
        """The kinds of all parts, in their order."""
        return self._kinds

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __getitem__(self, index: int) -> tuple[RgbImage, int]:
        """Return a crop and the number of its kind among all."""
        if not 0 <= index < len(self):
            raise IndexError(index)
        number = int(np.searchsorted(self._ends, index, side="right"))
        part = self._parts[number]
        crop, kind = part[index - int(self._ends[number]) + len(part)]
        return crop, kind + int(self._first_kinds[number])
