"""Which two sightings may show one thing. What becomes of them is decided in `deduplication`.

Source of every rule and number: docs/adr/0004-merge-gate.md.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sorter.detection import (
    EDGE_MARGIN_RATIO,
    box_areas,
    box_coverage,
    box_iou,
    clip_boxes,
    shorter_sides,
)
from sorter.geometry import boxes_seen_from
from sorter.sightings import Sightings
from sorter.trees import pairs_within
from sorter.types import Arm

UNCALIBRATED_REPEATABILITY_PX = 40.0
"""On the table, for an arm that was never calibrated. Source: docs/adr/0004-merge-gate.md."""

LEAST_COVERAGE = 0.5
"""The share of a cut box that the whole thing's box must cover. Source: docs/adr/0004."""

MISFIT_WEIGHT = 0.5
"""What it costs where of one size nothing covers the other; a whole gate apart costs 1."""

Index = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of sightings that may show one thing, in an order that does not depend on chance.

    Attributes:
        a: ``(m,)`` the one sighting; the cut one where only one is cut.
        b: ``(m,)`` the other.
        cost: ``(m,)`` float64, what speaks against it.
    """

    a: Index
    b: Index
    cost: NDArray[np.float64]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.a.tolist(), self.b.tolist(), strict=True)

    @classmethod
    def sorted_by(cls, cost: NDArray[np.float64], a: Index, b: Index) -> Pairs:
        """Return the pairs by rising ``cost``."""
        order = np.lexsort((b, a, cost))
        return cls(a[order], b[order], cost[order])

    def where(self, wanted: NDArray[np.bool_]) -> Pairs:
        """Return some of the pairs, in their order."""
        return Pairs(self.a[wanted], self.b[wanted], self.cost[wanted])


def repeatability_of(arm: Arm) -> float:
    """Return how far apart, in pixels, the arm may place two sightings of one resting thing."""
    if arm.repeatability_px is None:
        return UNCALIBRATED_REPEATABILITY_PX
    return arm.repeatability_px


def near_pairs(sightings: Sightings, among: Index, repeatability_px: float) -> Pairs:
    """Return pairs from different pictures whose centres lie within the gate on the table.

    The gate of a pair is the arm's repeatability and half the smaller thing's shorter side: two
    things of that size cannot rest closer than a whole one.

    Args:
        among: Numbers of sightings that no edge cuts, so that their centres are the things'.

    Returns:
        Pairs with ``a < b``, the cheapest first. A pair costs the square of its distance as a
        share of its gate, and :data:`MISFIT_WEIGHT` times how ill their sizes fit, each in
        ``[0, 1]``.
    """
    gates_px = repeatability_px + shorter_sides(sightings.xyxy_px) / 2
    places = sightings.table_px[among]
    a, b = (among[found] for found in pairs_within(places, gates_px[among], places))
    # Each of a pair finds the other within its own gate, if the pair is to be one: a < b is enough.
    once = (a < b) & (sightings.image[a] != sightings.image[b])
    a, b = a[once], b[once]
    apart_px = np.hypot(*(sightings.table_px[a] - sightings.table_px[b]).T)
    gate_px = np.minimum(gates_px[a], gates_px[b])
    close = apart_px <= gate_px
    a, b, share = a[close], b[close], apart_px[close] / gate_px[close]
    return Pairs.sorted_by(share**2 + MISFIT_WEIGHT * _misfit(sightings, a, b), a, b)


def covering_pairs(
    sightings: Sightings, parts: Index, wholes: Index, repeatability_px: float
) -> Pairs:
    """Return pairs from different pictures where the second may be more of the first's thing.

    The box of ``wholes``, seen from the other picture and widened by what the arm and the
    network may err, must cover half of the box of ``parts`` there. It may well cover a cut
    thing whose centre lies far off, since only a part of it is in the picture.

    Args:
        parts: Numbers of cut sightings.
        wholes: Numbers of the sightings that may explain them. Of two cut ones, only the larger
            explains the smaller.

    Returns:
        Pairs ``(part, whole)``, those whose visible boxes agree best (IoU) first.
    """
    margin_px = EDGE_MARGIN_RATIO * max(sightings.size.width_px, sightings.size.height_px)
    slack_px = repeatability_px + margin_px
    a, b = _overlapping(sightings, parts, wholes, slack_px)
    wanted = (sightings.image[a] != sightings.image[b]) & _shows_more(sightings, b, a)
    a, b = a[wanted], b[wanted]
    seen = boxes_seen_from(
        sightings.xyxy_px[b],
        sightings.position_pw[b],
        sightings.position_pw[a],
        sightings.size,
        sightings.geometry,
    )
    widened = seen + slack_px * np.array([-1, -1, 1, 1])
    covered = box_coverage(sightings.xyxy_px[a], widened) >= LEAST_COVERAGE
    a, b, shown = a[covered], b[covered], clip_boxes(seen[covered], sightings.size)
    return Pairs.sorted_by(-box_iou(sightings.xyxy_px[a], shown), a, b)


def largest_whole_first(sightings: Sightings, pairs: Pairs) -> Pairs:
    """Return pairs by falling size of the whole, those of one whole in their order."""
    order = np.lexsort((-pairs.b, -box_areas(sightings.xyxy_px)[pairs.b]))
    return Pairs(pairs.a[order], pairs.b[order], pairs.cost[order])


def second_boxes(sightings: Sightings) -> Index:
    """Return cut sightings that a larger box of the same picture covers by half or more.

    They are a second box around one thing: detectors like to frame a part of what is cut.
    """
    parts = np.flatnonzero(sightings.is_cut)
    a, b = _overlapping(sightings, parts, np.arange(len(sightings)), 0.0)
    same = (sightings.image[a] == sightings.image[b]) & _is_larger(sightings, b, a)
    a, b = a[same], b[same]
    covered = box_coverage(sightings.xyxy_px[a], sightings.xyxy_px[b]) >= LEAST_COVERAGE
    return np.unique(a[covered])


def _misfit(sightings: Sightings, a: Index, b: Index) -> NDArray[np.float64]:
    """Return how ill the sizes of uncut ``a`` and ``b`` fit, in ``[0, 1]``.

    It is the share of either box that the other one, turned as the camera turned in between and
    laid on the same centre, leaves uncovered: the turned box around a thing holds the thing.
    """
    return np.maximum(_uncovered(sightings, a, b), _uncovered(sightings, b, a))


def _uncovered(sightings: Sightings, a: Index, b: Index) -> NDArray[np.float64]:
    turned = boxes_seen_from(
        sightings.xyxy_px[b],
        sightings.position_pw[b],
        sightings.position_pw[a],
        sightings.size,
        sightings.geometry,
    )
    boxes = sightings.xyxy_px[a].astype(np.float64)
    sides = boxes[:, 2:] - boxes[:, :2]
    shares = np.minimum(turned[:, 2:] - turned[:, :2], sides) / sides
    return np.asarray(1 - shares[:, 0] * shares[:, 1])


def _shows_more(sightings: Sightings, a: Index, b: Index) -> NDArray[np.bool_]:
    """Return whether ``a`` is uncut or larger than ``b``."""
    return ~sightings.is_cut[a] | _is_larger(sightings, a, b)


def _is_larger(sightings: Sightings, a: Index, b: Index) -> NDArray[np.bool_]:
    """Return whether the boxes of ``a`` are larger than those of ``b``; the number settles ties."""
    sizes = box_areas(sightings.xyxy_px)
    return np.asarray((sizes[a] > sizes[b]) | ((sizes[a] == sizes[b]) & (a > b)))


def _overlapping(
    sightings: Sightings, parts: Index, wholes: Index, slack_px: float
) -> tuple[Index, Index]:
    """Return all pairs ``(part, whole)`` that can pass :func:`covering_pairs`, and some others.

    A box that covers half of another holds its centre. Turned by any angle and widened by the
    slack, a box with half a diagonal of d reaches no farther than sqrt(2) (d + slack).
    """
    sides = np.diff(sightings.xyxy_px[wholes].reshape(-1, 2, 2), axis=1).reshape(-1, 2)
    reach_px = math.sqrt(2) * (np.hypot(*sides.T) / 2 + slack_px)
    whole, part = pairs_within(sightings.table_px[wholes], reach_px, sightings.table_px[parts])
    return parts[part], wholes[whole]
