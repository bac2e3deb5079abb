"""Sightings of one label become groups, each of one thing on the table.

Laws: a group never holds two sightings of one picture. Every two of its uncut sightings lie
within the gate, and every cut one is a part of an uncut one or, where there is none, of the
largest: so there are no chains. The groups do not depend on the order in which pictures came.

Source: docs/adr/0004-merge-gate.md, docs/adr/0011-competing-sightings.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sorter.agreement import (
    Index,
    Pairs,
    covering_pairs,
    largest_whole_first,
    near_pairs,
    second_boxes,
)
from sorter.matching import Look, match_sightings
from sorter.sightings import Sightings
from sorter.types import LabelArray


def deduplicate(
    sightings: Sightings, repeatability_px: float, look: Look | None = None
) -> list[Index]:
    """Group the sightings of one label by the thing that they show.

    First sightings that no edge cuts are matched by distance, and by likeness where that leaves
    it open; then cut ones join the group whose box explains them best; then cut ones that are
    left join the largest of them that explains them.

    Args:
        sightings: Of one label.
        repeatability_px: As in :class:`~sorter.types.Arm`.
        look: Looks at sightings that compete; without it, distance decides alone.

    Returns:
        One rising array of sighting numbers a group, ordered by its first. Every uncut
        sighting is in one group; second boxes around a cut thing are in none.
    """
    cut = np.setdiff1d(np.flatnonzero(sightings.is_cut), second_boxes(sightings))
    uncut = np.flatnonzero(~sightings.is_cut)
    groups = _Groups(sightings.image.tolist(), [*uncut.tolist(), *cut.tolist()])
    near = near_pairs(sightings, uncut, repeatability_px)
    groups.join(match_sightings(_pictures(sightings), near, look))
    groups.attach(covering_pairs(sightings, cut, uncut, repeatability_px))
    left = np.setdiff1d(cut, np.array(list(groups.parts), np.intp))
    cut_pairs = covering_pairs(sightings, left, left, repeatability_px)
    groups.attach(largest_whole_first(sightings, cut_pairs))
    return groups.members()


def _pictures(sightings: Sightings) -> LabelArray:
    """Number the pictures by position; names decide between those of one position only."""
    keys = np.column_stack([sightings.position_pw, sightings.image])
    return np.asarray(np.unique(keys, axis=0, return_inverse=True)[1].ravel(), np.int64)


class _Groups:
    """Sightings in groups that grow by joining; at first each is a group of its own."""

    def __init__(self, image: Sequence[int], sightings: Sequence[int]) -> None:
        self._members = {sighting: [sighting] for sighting in sightings}
        self._group_of = {sighting: sighting for sighting in sightings}
        self._image = image
        self.parts: set[int] = set()

    def join(self, group: LabelArray) -> None:
        """Join the sightings that share a number."""
        first: dict[int, int] = {}
        number = group.tolist()
        for sighting in sorted(self._members):
            one = first.setdefault(number[sighting], sighting)
            if one != sighting:
                self._merge(one, sighting)

    def attach(self, pairs: Pairs) -> None:
        """Put each part, in order, into the group of a whole that is not a part itself."""
        for part, whole in pairs:
            group = self._group_of[whole]
            if self.parts.isdisjoint((part, whole)) and self._are_apart(group, part):
                self._merge(group, part)
                self.parts.add(part)

    def members(self) -> list[Index]:
        """Return each group's sightings, rising, and the groups in order of their first."""
        groups = sorted(sorted(group) for group in self._members.values())
        return [np.array(group, np.intp) for group in groups]

    def _are_apart(self, one: int, other: int) -> bool:
        """Whether no picture is in both groups; a group is never apart from itself."""
        images = {self._image[sighting] for sighting in self._members[one]}
        return images.isdisjoint(self._image[sighting] for sighting in self._members[other])

    def _merge(self, one: int, other: int) -> None:
        members = self._members.pop(other)
        self._group_of.update(dict.fromkeys(members, one))
        self._members[one] += members
