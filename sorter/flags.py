"""What a plan warns of: the session could be sorted, and yet not all is as it should be.

Source of every number: docs/adr/0012-calibration.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np

from sorter.agreement import UNCALIBRATED_REPEATABILITY_PX, repeatability_of
from sorter.calibration import LEAST_MATCHES, LEAST_REPEATABILITY_PX, REPEATABILITY_RATIO
from sorter.changes import has_changed
from sorter.geometry import table_from_servo
from sorter.geometry_fit import NAMES, Fit, fit_geometry
from sorter.overlap import Overlap, deviations_px, find_overlap, placed_by
from sorter.sightings import Sightings, locate
from sorter.types import Arm, Flag, Label, Photograph

STALE_AFTER = timedelta(days=30)
LARGEST_MOVE_PX = 8.0
"""How far another geometry may move what was seen, in the mean, before the arm's is doubted."""

LEAST_SIGNIFICANCE = 3.5
"""In standard errors of the parameter that differs most, where the geometry was only stated."""

CALIBRATED_SIGNIFICANCE = 5.0
"""The same where it was estimated itself, from a session like this: sqrt(2) times as much."""

LARGEST_SPREAD_RATIO = 3.0
"""Of what the session shows to what the arm's repeatability promises."""

MEDIAN_TO_RMS = 1.2011
"""Of distances that scatter alike each way: sqrt(1 / ln 2) (Rayleigh)."""

FIRST_NOISE_PX, LEAST_NOISE_PX = 4.0, 1.0
MOST_THINGS = 300
"""More would only take longer."""


def find_flags(
    arm: Arm, photographs: Sequence[Photograph], *, at: datetime | None, n_missing: int
) -> tuple[Flag, ...]:
    """Return what there is to warn of, in the order of :class:`~sorter.types.Flag`.

    Args:
        photographs: Of one session, all of one size.
        at: When the session was; aware. Without it, no calibration is too old.
        n_missing: Pictures that were announced or came, and could not be looked at.
    """
    found = {
        Flag.CALIBRATION_STALE: at is not None and is_stale(arm, at),
        Flag.IMAGES_MISSING: n_missing > 0,
    }
    if photographs:
        seen = locate(photographs, arm.geometry)
        gate_px = repeatability_of(arm)
        found[Flag.CALIBRATION_BAD] = is_bad(arm, seen)
        # An arm that places things wrongly sees them in two places, too.
        found[Flag.SCENE_CHANGED] = not found[Flag.CALIBRATION_BAD] and has_changed(
            seen.of(Label.ITEM), gate_px
        )
    return tuple(flag for flag in Flag if found.get(flag, False))


def is_stale(arm: Arm, at: datetime) -> bool:
    """Whether the arm's calibration is older than it should be; one of no date is not."""
    return arm.calibrated_at is not None and at - arm.calibrated_at > STALE_AFTER


def is_bad(arm: Arm, found: Sightings) -> bool:
    """Whether the session itself speaks against the arm's geometry or its repeatability.

    Either another geometry brings together what is seen twice, surely, and would move the places;
    or sightings of one thing lie farther apart than the arm promises. Where little is seen
    twice, nothing speaks.

    Args:
        found: Placed by the arm's geometry.
    """
    gate_px = max(repeatability_of(arm), UNCALIBRATED_REPEATABILITY_PX)
    overlap = find_overlap(found, gate_px).thinned(MOST_THINGS)
    if overlap.n_matches < LEAST_MATCHES:
        return False
    return _is_too_wide(arm, overlap) or _is_refuted(arm, overlap)


def _is_too_wide(arm: Arm, overlap: Overlap) -> bool:
    """Whether sightings scatter beyond the promise, by the median: wrong matches count little."""
    apart_px = np.hypot(*deviations_px(overlap.sightings.table_px, overlap.thing).T)
    shrunk = np.sqrt(overlap.n_matches / len(overlap.thing))
    spread_px = MEDIAN_TO_RMS * float(np.median(apart_px)) / shrunk
    promised_px = max(repeatability_of(arm), LEAST_REPEATABILITY_PX) / REPEATABILITY_RATIO
    return bool(spread_px > LARGEST_SPREAD_RATIO * promised_px)


def _is_refuted(arm: Arm, overlap: Overlap) -> bool:
    """Whether another geometry fits surely better, and by so much that it matters."""
    stated, is_estimated = arm.geometry, arm.calibration_residual_px is not None
    significance = CALIBRATED_SIGNIFICANCE if is_estimated else LEAST_SIGNIFICANCE
    rough = fit_geometry(overlap, stated, stated, FIRST_NOISE_PX)
    fit = fit_geometry(overlap, rough.geometry, stated, max(rough.noise_px, LEAST_NOISE_PX))
    return _move_px(overlap.sightings, fit) > LARGEST_MOVE_PX and any(
        abs(getattr(fit.geometry, name) - getattr(stated, name)) > significance * error
        for name, error in zip(NAMES, fit.errors, strict=True)
    )


def _move_px(found: Sightings, fit: Fit) -> float:
    """Return how far apart the two geometries send the arm for one sighting, on the table."""
    sent_pw = placed_by(found, fit.geometry).servo_pw
    away = table_from_servo(sent_pw, found.size, found.geometry) - found.table_px
    return float(np.sqrt((away**2).sum(axis=1).mean()))
