"""Sightings of one label become groups, each of one thing on the table.

Laws: a group never holds two sightings of one picture; every two of its sightings agree, so
there are no chains; the result does not depend on the order in which pictures came.

Source: docs/adr/0004-merge-gate.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from sorter.agreement import Index, Pairs, covering_pairs, near_pairs, second_boxes
from sorter.sightings import Sightings


def deduplicate(sightings: Sightings, repeatability_px: float) -> list[Index]:
    """Group the sightings of one label by the thing that they show.

    First sightings that no edge cuts join by distance; then cut ones join the group that
    explains them best; cut ones that no group explains join each other.

    Args:
        sightings: Of one label.
        repeatability_px: As in :class:`~sorter.types.Arm`.

    Returns:
        One rising array of sighting numbers a group, ordered by its first. Every uncut
        sighting is in one group; second boxes around a cut thing are in none.
    """
    second = second_boxes(sightings)
    uncut = np.flatnonzero(~sightings.is_cut)
    cut = np.setdiff1d(np.flatnonzero(sightings.is_cut), second)
    groups = _Groups(sightings.image.tolist())
    groups.join_mutual(near_pairs(sightings, uncut, repeatability_px))
    groups.attach(covering_pairs(sightings, cut, uncut, repeatability_px))
    left = np.array([one for one in cut.tolist() if groups.is_alone(one)], np.intp)
    groups.join_mutual(covering_pairs(sightings, left, left, repeatability_px))
    return groups.without(set(second.tolist()))


class _Groups:
    """Sightings in groups that grow by joining; at first each is a group of its own."""

    def __init__(self, image: Sequence[int]) -> None:
        self._members = [[one] for one in range(len(image))]
        self._group_of = list(range(len(image)))
        # One bit a picture, so that one `and` tells whether two groups share one.
        self._images = [1 << number for number in image]

    def join_mutual(self, pairs: Pairs) -> None:
        """Join groups along ``pairs``, in order, where every two of their members are a pair."""
        couples = list(zip(pairs.a.tolist(), pairs.b.tolist(), strict=True))
        agreeing = {*couples, *((b, a) for a, b in couples)}
        for a, b in couples:
            one, other = self._group_of[a], self._group_of[b]
            if self._are_apart(one, other) and agreeing.issuperset(
                product(self._members[one], self._members[other])
            ):
                self._join(one, other)

    def attach(self, pairs: Pairs) -> None:
        """Put each lone ``a`` into the group of the first ``b`` that lacks its picture."""
        for a, b in zip(pairs.a.tolist(), pairs.b.tolist(), strict=True):
            group = self._group_of[b]
            if self.is_alone(a) and self._are_apart(group, self._group_of[a]):
                self._join(group, self._group_of[a])

    def is_alone(self, sighting: int) -> bool:
        """Whether a sighting is still a group of its own."""
        return len(self._members[self._group_of[sighting]]) == 1

    def without(self, dropped: set[int]) -> list[Index]:
        """Return the groups in order of their first members, but for lone dropped sightings."""
        groups = [sorted(group) for group in self._members if group and group[0] not in dropped]
        return [np.array(group, np.intp) for group in sorted(groups)]

    def _are_apart(self, one: int, other: int) -> bool:
        """Whether no picture is in both groups; a group is never apart from itself."""
        return not self._images[one] & self._images[other]

    def _join(self, one: int, other: int) -> None:
        for sighting in self._members[other]:
            self._group_of[sighting] = one
        self._members[one] += self._members[other]
        self._members[other] = []
        self._images[one] |= self._images[other]
