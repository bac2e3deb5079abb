"""The geometry that brings matched sightings together, by least squares.

Source of every number: docs/adr/0012-calibration.md.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from sorter.overlap import Overlap, deviations_px, placed_by
from sorter.types import (
    MAX_DISTORTION,
    MAX_ROLL_DEG,
    MIN_DISTORTION,
    ArmGeometry,
)

SERVO_ERROR_PW = 4.0
"""How far servo 0 is believed to stand from where it was sent, as a standard deviation."""

BELIEF = np.array([45.0, 3.0, 0.1])
"""How far, as a standard deviation, the stated radius, roll and distortion may be off."""

NAMES = ("radius_px", "roll_deg", "distortion")
STEPS = np.array([10.0, 0.5, 0.01])
"""About the size of an error that matters, of each of the above: makes the problem round."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A geometry, and how surely it is known.

    Attributes:
        errors: The standard error of each of ``NAMES``, in its own unit.
        noise_px: What is left of a sighting's distance from its place, each way, when the
            servo's errors are taken out.
    """

    geometry: ArmGeometry
    errors: tuple[float, float, float]
    noise_px: float


def fit_geometry(
    overlap: Overlap, geometry: ArmGeometry, stated: ArmGeometry, noise_px: float
) -> Fit:
    """Fit radius, roll and distortion to matched sightings.

    The servo's error at each picture is estimated along, held near zero by what is known of
    servos; so a servo that misses by a little does not pass for a wrong radius. Likewise what was
    stated holds the estimate weakly, for where little is seen. A robust loss lets single wrong
    matches count little.

    Args:
        overlap: Two things or more.
        geometry: Where the search starts; what is not estimated stays as it is.
        stated: What was believed before.
        noise_px: What a detector errs, each way, as a standard deviation.
    """
    seen = overlap.sightings
    _, picture = np.unique(seen.image, return_inverse=True)
    n_pictures = int(picture.max()) + 1

    def misfit(x: NDArray[np.float64]) -> NDArray[np.float64]:
        servo_error = x[3:] * SERVO_ERROR_PW
        moved = replace(seen, position_pw=seen.position_pw + servo_error[picture])
        places = placed_by(moved, _geometry(geometry, x)).table_px
        apart = deviations_px(places, overlap.thing) / noise_px
        return np.concatenate([apart.ravel(), x[3:], (x[:3] - believed) * STEPS / BELIEF])

    believed = np.array([getattr(stated, name) for name in NAMES]) / STEPS
    start = np.array([getattr(geometry, name) for name in NAMES]) / STEPS
    least = np.array([seen.size.height_px / 2 + 1, -MAX_ROLL_DEG, MIN_DISTORTION]) / STEPS
    most = np.array([np.inf, MAX_ROLL_DEG, MAX_DISTORTION]) / STEPS
    free = np.full(n_pictures, np.inf)
    solution = least_squares(
        misfit,
        np.concatenate([np.clip(start, least, most), np.zeros(n_pictures)]),
        bounds=(np.concatenate([least, -free]), np.concatenate([most, free])),
        loss="soft_l1",
        f_scale=2.0,
        xtol=1e-10,
        ftol=1e-10,
    )
    left = misfit(solution.x)[: 2 * len(seen)] * noise_px
    return Fit(
        _geometry(geometry, solution.x),
        _errors(np.asarray(solution.jac)),
        _robust_noise(left, overlap),
    )


def _geometry(geometry: ArmGeometry, x: NDArray[np.float64]) -> ArmGeometry:
    radius, roll, lens = (x[:3] * STEPS).tolist()
    # A bound may be passed by the last bit when it is scaled.
    return replace(
        geometry,
        radius_px=radius,
        roll_deg=min(max(roll, -MAX_ROLL_DEG), MAX_ROLL_DEG),
        distortion=min(max(lens, MIN_DISTORTION), MAX_DISTORTION),
    )


def _errors(jacobian: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return standard errors from the curvature at the minimum; what is believed bounds them."""
    variances = np.diag(np.linalg.inv(jacobian.T @ jacobian))
    radius, roll, lens = (np.sqrt(variances[:3]) * STEPS).tolist()
    return radius, roll, lens


def _robust_noise(left: NDArray[np.float64], overlap: Overlap) -> float:
    """Return a standard deviation from the median, which a few wrong matches do not move."""
    free = max(2 * overlap.n_matches - len(NAMES), 1) / (2 * len(overlap.thing))
    return float(1.4826 * np.median(np.abs(left)) / np.sqrt(free))
