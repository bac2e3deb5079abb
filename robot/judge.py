"""Judges a sorted table by what is truly there, which no robot ever sees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment


@dataclass(frozen=True, slots=True)
class Placement:
    """Where one item truly ended.

    Attributes:
        container: The number of the container that it lies in; ``None`` for none.
        started_in: The number of the container that it lay in at the start; ``None`` for none.
    """

    kind: str
    container: int | None
    started_in: int | None = None

    @property
    def was_free(self) -> bool:
        """Whether it lay on the table, in no container, at the start."""
        return self.started_in is None


@dataclass(frozen=True, slots=True)
class Grip:
    """What one pick truly took hold of: an item, or nothing; from inside a container, or not."""

    has_item: bool
    was_inside: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """How well tables were sorted.

    Attributes:
        items: That lay on the table at the start.
        items_right: Of those, the ones that ended in the container of their kind.
        picks: That were commanded.
        picks_hit: Of those, the ones that took hold of an item that lay on the table.
        picked_from_container: Picks that took an item out of a container.
    """

    items: int = 0
    items_right: int = 0
    picks: int = 0
    picks_hit: int = 0
    picked_from_container: int = 0

    @property
    def right_rate(self) -> float:
        """Return the share of items in the right container; 1 where there was none."""
        return self.items_right / self.items if self.items else 1.0

    @property
    def hit_rate(self) -> float:
        """Return the share of picks that hit; 1 where there was none."""
        return self.picks_hit / self.picks if self.picks else 1.0

    @classmethod
    def total(cls, scores: Iterable[Score]) -> Score:
        """Return the score of several tables together."""
        rows = [
            (s.items, s.items_right, s.picks, s.picks_hit, s.picked_from_container) for s in scores
        ]
        return cls(*(sum(column) for column in zip(*rows, strict=True)))


def match_kinds(placements: Sequence[Placement]) -> dict[int, str]:
    """Give each container at most one kind.

    A container that had contents at the start is for the kind that most of them are of; where
    two kinds are equally many, its contents say nothing. Every other container gets at most one
    of the other kinds, and each of those at most one of them, so that most items are right.
    Kinds beyond the number of containers get none, and can then never be right.

    Returns:
        The kind of each container that had contents, or holds an item of its kind.
    """
    claimed = claimed_containers(placements)
    sorted_in = [
        (p.kind, p.container)
        for p in placements
        if p.was_free and p.container is not None and p.container not in claimed
    ]
    kinds = sorted({kind for kind, _ in sorted_in} - set(claimed.values()))
    containers = sorted({container for _, container in sorted_in})
    counts = np.zeros((len(kinds), len(containers)), np.int64)
    for kind, container in sorted_in:
        if kind in kinds:
            counts[kinds.index(kind), containers.index(container)] += 1
    rows, columns = linear_sum_assignment(counts, maximize=True)
    return claimed | {
        containers[column]: kinds[row]
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        if counts[row, column]
    }


def claimed_containers(placements: Sequence[Placement]) -> dict[int, str]:
    """Return the kind of each container whose contents, at the start, tell what it is for."""
    claimed = {}
    for container in sorted({p.started_in for p in placements if p.started_in is not None}):
        held = Counter(p.kind for p in placements if p.started_in == container).most_common(2)
        if len(held) == 1 or held[0][1] > held[1][1]:
            claimed[container] = held[0][0]
    return claimed


def is_right(placement: Placement, kind_of_container: Mapping[int, str]) -> bool:
    """Whether an item lies in its kind's container."""
    container = placement.container
    return container is not None and kind_of_container.get(container) == placement.kind


def judge(placements: Sequence[Placement], grips: Sequence[Grip]) -> Score:
    """Return how well one table was sorted.

    Args:
        placements: Of every item, those included that lay in a container from the start.
        grips: Of every pick that was commanded.
    """
    kind_of_container = match_kinds(placements)
    sorted_by_us = [placement for placement in placements if placement.was_free]
    return Score(
        items=len(sorted_by_us),
        items_right=sum(is_right(placement, kind_of_container) for placement in sorted_by_us),
        picks=len(grips),
        picks_hit=sum(grip.has_item and not grip.was_inside for grip in grips),
        picked_from_container=sum(grip.has_item and grip.was_inside for grip in grips),
    )
