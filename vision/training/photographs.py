"""Photographs that a detector learns from beside rendered views, and those that judge it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sorter.errors import InvalidInputError
from vision.ports import IGNORED
from vision.training.augment import varied_photograph
from vision.training.prepared import Labelled, PreparedViews

KEPT_SCALE = 2
"""Photographs are kept at up to this many times the size of the net's input, for zooming in."""


@dataclass(frozen=True, slots=True)
class PhotographSet:
    """Prepared photographs of one origin, looked at through windows of a share of their sides.

    Attributes:
        chances: Of each photograph to be drawn: they grow with the root of the number of its
            boxes, so that crowded tables are not lost among those with one thing.
    """

    pictures: PreparedViews
    window: float = 1.0
    chances: NDArray[np.float64] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        counts = [len(self.pictures[index][2]) for index in range(len(self.pictures))]
        weights = np.sqrt(1.0 + np.array(counts))
        object.__setattr__(self, "chances", weights / weights.sum())


@dataclass(frozen=True, slots=True)
class Photographs:
    """Where the photographs of a training run come from.

    Attributes:
        sets: To learn from; a set is drawn from as often as it is large.
        share: Of the pictures of a batch, on average.
        judges: To judge by, none of them among ``sets``.
    """

    sets: Sequence[PhotographSet] = ()
    share: float = 0.0
    judges: Sequence[PreparedViews] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1 or (self.share > 0) != bool(self.sets):
            raise InvalidInputError("the share of photographs lies in 0 to 1, and is 0 without any")

    def how_many(self, batch: int, rng: np.random.Generator) -> int:
        """Return how many pictures of a batch are photographs; chance decides on fractions."""
        whole, fraction = divmod(self.share * batch, 1.0)
        return int(whole) + int(rng.random() < fraction)

    def draw(self, size_px: tuple[int, int], rng: np.random.Generator) -> Labelled:
        """Return a varied part of a photograph by chance; what is ignored is not asked for."""
        sizes = np.array([len(one.pictures) for one in self.sets], np.float64)
        chosen = self.sets[int(rng.choice(len(sizes), p=sizes / sizes.sum()))]
        image, boxes, labels = chosen.pictures[
            int(rng.choice(len(chosen.chances), p=chosen.chances))
        ]
        is_asked = labels != IGNORED
        return varied_photograph(
            (image, boxes[is_asked], labels[is_asked]), size_px, chosen.window, rng
        )
