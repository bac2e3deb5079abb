"""What neighbouring pictures show twice, and how far apart they place it.

Source of every number: docs/adr/0012-calibration.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sorter.deduplication import deduplicate
from sorter.detection import box_areas
from sorter.geometry import centres_from_xyxy, servo_from_pixel, table_from_servo
from sorter.sightings import Sightings
from sorter.types import MAX_ROLL_DEG, ArmGeometry, Label, LabelArray, PositionArray

LARGEST_SHIFT_PX = 400.0
"""How far apart two sightings of one thing are looked for, where little is known of the arm."""

LIKENESS_PX = 20.0
"""Two places so far apart still support each other, as in a kernel density's bandwidth."""

AREA_RATIO_SPREAD = 0.4
"""Of the logarithm: an upright box around a turned thing changes its size by about so much."""


@dataclass(frozen=True, slots=True, eq=False)
class Overlap:
    """Uncut sightings of things that several pictures show.

    Attributes:
        sightings: Two or more of each thing.
        thing: ``(n,)`` int64, the number of the thing, from 0 on without gaps.
    """

    sightings: Sightings
    thing: LabelArray

    @property
    def n_things(self) -> int:
        """How many different things are seen more than once."""
        return int(self.thing.max()) + 1 if len(self.thing) else 0

    @property
    def n_matches(self) -> int:
        """How often a thing is seen again after its first sighting."""
        return len(self.thing) - self.n_things

    def thinned(self, n_things: int) -> Overlap:
        """Return at most so many things, from all over the table."""
        step = -(-self.n_things // n_things)
        if step <= 1:
            return self
        kept = np.flatnonzero(self.thing % step == 0)
        return Overlap(self.sightings.take(kept), self.thing[kept] // step)


def find_overlap(sightings: Sightings, repeatability_px: float) -> Overlap:
    """Match uncut sightings of one thing across pictures, as merging does.

    Args:
        sightings: Of both labels.
        repeatability_px: How far apart two sightings of one thing may lie, beside its size.
    """
    taken: list[NDArray[np.intp]] = []
    for label in Label:
        those = np.flatnonzero((sightings.labels == label) & ~sightings.is_cut)
        groups = deduplicate(sightings.take(those), repeatability_px)
        taken += [those[group] for group in groups if len(group) > 1]
    thing = np.repeat(np.arange(len(taken)), [len(group) for group in taken])
    index = np.concatenate([np.zeros(0, np.intp), *taken])
    return Overlap(sightings.take(index), thing.astype(np.int64))


def placed_by(sightings: Sightings, geometry: ArmGeometry) -> Sightings:
    """Return the same sightings, placed by another geometry."""
    centres = centres_from_xyxy(sightings.xyxy_px)
    size = sightings.size
    servo_pw = servo_from_pixel(centres, sightings.position_pw, size, geometry)
    table_px = table_from_servo(servo_pw, size, geometry)
    return replace(sightings, geometry=geometry, servo_pw=servo_pw, table_px=table_px)


def deviations_px(table_px: PositionArray, thing: LabelArray) -> PositionArray:
    """Return how far each sighting lies from the mean place of its thing, ``(n, 2)`` x and y."""
    n = np.bincount(thing)
    means = np.stack([np.bincount(thing, axis) / n for axis in table_px.T], axis=1)
    return np.asarray(table_px - means[thing])


def spread_px(deviations: PositionArray, n_things: int) -> float:
    """Return the root mean square distance of a sighting from its thing's true place.

    The mean place follows its sightings, so a degree of freedom a thing is taken off.
    """
    freedom = max(len(deviations) - n_things, 1)
    return float(np.sqrt((deviations**2).sum() / freedom))


def nearest_geometry(sightings: Sightings, geometry: ArmGeometry) -> ArmGeometry:
    """Return the geometry, of a coarse grid around the given one, that brings most together.

    Nothing is matched yet: every two sightings of one label and of different pictures support a
    geometry by how near it brings them, and by how alike their sizes are.
    """
    index = np.flatnonzero(~sightings.is_cut)
    seen = sightings.take(index)
    a, b, weight = _candidates(placed_by(seen, geometry))

    def support(one: ArmGeometry) -> float:
        places = placed_by(seen, one).table_px
        apart = ((places[a] - places[b]) ** 2).sum(axis=1)
        return float((weight * np.exp(-apart / (2 * LIKENESS_PX**2))).sum())

    return max(_grid(geometry, sightings.size.height_px / 2), key=support)


def _candidates(seen: Sightings) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Return pairs that may show one thing, and how alike the two are in size."""
    n = len(seen)
    a, b = np.triu_indices(n, 1)
    apart = np.hypot(*(seen.table_px[a] - seen.table_px[b]).T)
    may = (
        (seen.image[a] != seen.image[b])
        & (seen.labels[a] == seen.labels[b])
        & (apart <= LARGEST_SHIFT_PX)
    )
    a, b = a[may], b[may]
    log_area = np.log(box_areas(seen.xyxy_px))
    unlike = (log_area[a] - log_area[b]) / AREA_RATIO_SPREAD
    return a, b, np.exp(-(unlike**2) / 2)


def _grid(geometry: ArmGeometry, least_radius_px: float) -> list[ArmGeometry]:
    """Return the given geometry first, so that it wins where nothing is better."""
    radii = [geometry.radius_px * (1 + 0.025 * step) for step in (0, -1, 1, -2, 2, -3, 3, -4, 4)]
    rolls = [geometry.roll_deg + 2 * step for step in (0, -1, 1, -2, 2, -3, 3, -4, 4)]
    rolls = [roll for roll in rolls if abs(roll) <= MAX_ROLL_DEG]
    lenses = [0.0, -0.04, 0.04, -0.08, 0.08, -0.12, 0.12]
    return [geometry] + [
        replace(geometry, radius_px=radius, roll_deg=roll, distortion=lens)
        for radius in radii
        for roll in rolls
        for lens in lenses
        if radius > least_radius_px
    ]
