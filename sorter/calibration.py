"""The arm's frame, estimated from what its pictures show twice.

Neighbouring pictures overlap, and a thing that rests has one place, from wherever it is seen. So
the overlap is the target: the geometry sought is the one that brings the sightings of each thing
together on the table. Nothing need be measured or laid out.

Source: docs/adr/0012-calibration.md, also of every number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from sorter.agreement import UNCALIBRATED_REPEATABILITY_PX
from sorter.errors import InvalidInputError
from sorter.geometry_fit import Fit, fit_geometry
from sorter.overlap import (
    Overlap,
    deviations_px,
    find_overlap,
    nearest_geometry,
    placed_by,
    spread_px,
)
from sorter.sightings import Sightings, locate
from sorter.types import Arm, ArmGeometry, Photograph

LEAST_MATCHES = 8
LARGEST_RADIUS_ERROR_RATIO = 0.02
LARGEST_ROLL_ERROR_DEG = 1.0
LARGEST_DISTORTION_ERROR = 0.03
"""Standard errors: beyond them a parameter cannot be told apart from the others."""

REPEATABILITY_RATIO = 3.7
"""Of two sightings' distance, to the residual: 999 of 1000 pairs lie nearer (Rayleigh)."""

LEAST_REPEATABILITY_PX = 12.0
"""The next session's things scatter more than a lucky one's."""

FIRST_GATE_PX = 25.0
FIRST_NOISE_PX = 4.0
LEAST_NOISE_PX = 0.5
N_ROUNDS = 5
"""Of matching and fitting by turns; after the third the matches mostly stay."""


@dataclass(frozen=True, slots=True)
class ViewResidual:
    """How far one picture's sightings lie from their things' places, on the table.

    Attributes:
        n: Its sightings of things that other pictures show, too.
        before_px: Root mean square with the geometry that was stated; 0 where there is none.
        after_px: The same with the geometry that was found.
    """

    position_pw: float
    n: int
    before_px: float
    after_px: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """An arm's geometry as estimated from one session, and how well it is known.

    Attributes:
        made_at: Aware.
        residual_px: Root mean square distance of a sighting from its thing's place on the table,
            the servo's and the detector's errors included.
        residual_before_px: The same with the geometry that was stated before.
        n_matches: How often a thing was seen again after its first sighting.
        radius_error_px, roll_error_deg, distortion_error: Standard errors of the estimates.
        views: By position.
    """

    calibration_id: str
    made_at: datetime
    geometry: ArmGeometry
    residual_px: float
    residual_before_px: float
    n_matches: int
    n_things: int
    radius_error_px: float
    roll_error_deg: float
    distortion_error: float
    views: tuple[ViewResidual, ...]

    def __post_init__(self) -> None:
        if self.made_at.utcoffset() is None:
            raise InvalidInputError("made_at must say its offset from UTC")

    @property
    def repeatability_px(self) -> float:
        """Return how far apart the arm may place two sightings of one thing, for merging."""
        return max(REPEATABILITY_RATIO * self.residual_px, LEAST_REPEATABILITY_PX)

    def applied_to(self, arm: Arm) -> Arm:
        """Return the arm with this calibration, all else as it was."""
        return replace(
            arm,
            geometry=self.geometry,
            repeatability_px=self.repeatability_px,
            calibration_id=self.calibration_id,
            calibrated_at=self.made_at,
            calibration_residual_px=self.residual_px,
        )


def calibrate(
    geometry: ArmGeometry,
    photographs: Sequence[Photograph],
    *,
    calibration_id: str,
    made_at: datetime,
) -> Calibration:
    """Estimate an arm's radius, roll and distortion from one session.

    The same photographs give the same calibration, in whatever order they come.

    Args:
        geometry: As stated so far; its servo ranges are taken for granted.
        photographs: Of things that rest, from several positions, neighbours overlapping.
        made_at: Aware.

    Raises:
        InvalidInputError: Too little is seen twice, or a parameter cannot be told from it.
    """
    _check_views(photographs)
    found = locate(photographs, geometry)
    overlap, fit = _fitted(found)
    _check_told_apart(fit)
    matched = find_overlap(placed_by(found, fit.geometry), _gate_px(overlap, fit.geometry))
    radius_error_px, roll_error_deg, distortion_error = fit.errors
    return Calibration(
        calibration_id=calibration_id,
        made_at=made_at,
        geometry=fit.geometry,
        residual_px=_residual_px(matched, fit.geometry),
        residual_before_px=_residual_px(matched, geometry),
        n_matches=matched.n_matches,
        n_things=matched.n_things,
        radius_error_px=radius_error_px,
        roll_error_deg=roll_error_deg,
        distortion_error=distortion_error,
        views=_view_residuals(matched, photographs, geometry, fit.geometry),
    )


def overlap_of(photographs: Sequence[Photograph], calibration: Calibration) -> Overlap:
    """Return what the photographs show twice by a calibration, placed by it."""
    found = locate(photographs, calibration.geometry)
    return find_overlap(found, calibration.repeatability_px)


def _check_views(photographs: Sequence[Photograph]) -> None:
    n = len({photograph.position_pw for photograph in photographs})
    if n < 2:
        raise InvalidInputError(
            "a calibration needs pictures of the same things from two positions or more, not "
            f"from {n}"
        )


def _fitted(found: Sightings) -> tuple[Overlap, Fit]:
    """Match and fit by turns, the gate following the residual."""
    geometry = nearest_geometry(found, found.geometry)
    gate_px, noise_px = FIRST_GATE_PX, FIRST_NOISE_PX
    for _ in range(N_ROUNDS):
        overlap = find_overlap(placed_by(found, geometry), gate_px)
        if overlap.n_matches < LEAST_MATCHES:
            raise InvalidInputError(
                f"only {overlap.n_matches} sightings show a thing again that another picture "
                f"shows whole; a calibration needs {LEAST_MATCHES}: lay more things where "
                "pictures overlap, or take pictures closer together"
            )
        fit = fit_geometry(overlap, geometry, found.geometry, noise_px)
        geometry, noise_px = fit.geometry, max(fit.noise_px, LEAST_NOISE_PX)
        gate_px = _gate_px(overlap, geometry)
    return overlap, fit


def _check_told_apart(fit: Fit) -> None:
    radius_px, roll_deg, distortion = fit.errors
    unclear = [
        f"{name} (+-{error:.2g})"
        for name, error, most in (
            ("radius_px", radius_px, LARGEST_RADIUS_ERROR_RATIO * fit.geometry.radius_px),
            ("roll_deg", roll_deg, LARGEST_ROLL_ERROR_DEG),
            ("distortion", distortion, LARGEST_DISTORTION_ERROR),
        )
        if error > most
    ]
    if unclear:
        raise InvalidInputError(
            f"these pictures do not tell {' and '.join(unclear)}: more things, all over the "
            "pictures, seen from more positions would"
        )


def _gate_px(overlap: Overlap, geometry: ArmGeometry) -> float:
    wanted = REPEATABILITY_RATIO * _residual_px(overlap, geometry)
    return float(np.clip(wanted, LEAST_REPEATABILITY_PX, UNCALIBRATED_REPEATABILITY_PX))


def _residual_px(overlap: Overlap, geometry: ArmGeometry) -> float:
    places = placed_by(overlap.sightings, geometry).table_px
    return spread_px(deviations_px(places, overlap.thing), overlap.n_things)


def _view_residuals(
    overlap: Overlap, photographs: Sequence[Photograph], before: ArmGeometry, after: ArmGeometry
) -> tuple[ViewResidual, ...]:
    seen = overlap.sightings
    squares = [
        (deviations_px(placed_by(seen, one).table_px, overlap.thing) ** 2).sum(axis=1)
        for one in (before, after)
    ]
    views = []
    for position_pw in sorted({float(photograph.position_pw) for photograph in photographs}):
        there = seen.position_pw == position_pw
        n = int(there.sum())
        rms = [float(np.sqrt(square[there].sum() / max(n, 1))) for square in squares]
        views.append(ViewResidual(position_pw, n, *rms))
    return tuple(views)
