"""What the networks' boxes truly show, and how far groups of them are from true things."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.seen_scene import SeenScene
from sorter.detection import box_iou
from sorter.types import Label

LEAST_IOU = 0.5
"""Of a detection with a true box of its label, to count as a sighting of that thing."""

Sighting = tuple[str, int]
"""A picture's id and the row of a detection in it, as in :class:`sorter.types.Item`."""

TrueThing = tuple[Label, int]
"""A label and the thing's number among the scene's things of that label."""


@dataclass(frozen=True, slots=True)
class MergeErrors:
    """How far groups of sightings are from one group a thing.

    Attributes:
        split: Groups of each thing's sightings beyond its first.
        joined: Things in each group beyond its first.
    """

    split: int = 0
    joined: int = 0

    def __add__(self, other: MergeErrors) -> MergeErrors:
        return MergeErrors(self.split + other.split, self.joined + other.joined)

    @property
    def total(self) -> int:
        """Return all errors together."""
        return self.split + self.joined


def true_things(seen: SeenScene) -> dict[Sighting, TrueThing]:
    """Return what each detection shows: the thing of its label and picture that it fits best.

    Detections that fit nothing are left out: nobody can say where they belong.
    """
    shown = {}
    for photograph, truth in zip(seen.photographs, seen.truths, strict=True):
        found = photograph.detections
        fits = box_iou(found.xyxy_px[:, None], truth.xyxy_px)
        fits[found.labels[:, None] != truth.labels] = 0.0
        for row, column in enumerate(np.argmax(fits, axis=1) if fits.size else ()):
            if fits[row, column] >= LEAST_IOU:
                thing = (Label(int(truth.labels[column])), int(truth.indices[column]))
                shown[photograph.image_id, row] = thing
    return shown


def count_merge_errors(
    groups: Iterable[Collection[Sighting]], shown: Mapping[Sighting, TrueThing]
) -> MergeErrors:
    """Count what is split and what is wrongly joined.

    A sighting of nothing counts neither way, nor does one that is in no group.
    """
    things = [{shown[one] for one in group if one in shown} for group in groups]
    n_groups = Counter(thing for group in things for thing in group)
    return MergeErrors(
        split=sum(n - 1 for n in n_groups.values()),
        joined=sum(len(group) - 1 for group in things if group),
    )


def thing_of_group(
    group: Collection[Sighting], shown: Mapping[Sighting, TrueThing]
) -> TrueThing | None:
    """Return the thing that most sightings of a group show, ``None`` where they show none."""
    seen = Counter(shown[one] for one in group if one in shown)
    return min(seen, key=lambda thing: (-seen[thing], thing)) if seen else None
