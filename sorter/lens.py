"""What the camera's roll and its lens make of a picture, and how to undo it.

A *straight* picture is what a camera without roll and distortion would take. Points turn about
the picture's centre and move along the ray from it, so it makes no difference which comes first.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sorter.types import ArmGeometry, ImageSize, PositionArray

BEND_RADIUS = 1.5
"""In half diagonals: beyond it a point is moved on as at it, no longer by the cubic.

The cubic of a barrel turns back far outside the picture, and would bring far things into it.
1.5 half diagonals appear beyond the corner for every distortion that an arm may have, so nothing
changes within a picture, and there the strongest barrel's cubic still rises.
"""


def seen_from_straight(xy_px: ArrayLike, size: ImageSize, geometry: ArmGeometry) -> PositionArray:
    """Return where points of a straight picture appear in the true one.

    Args:
        xy_px: ``(n, 2)`` points in pixels; points beyond the picture's edges are allowed.

    Returns:
        ``(n, 2)`` float64 (x, y) in pixels; one to one, and the same array of numbers where the
        arm has neither roll nor distortion.
    """
    points = np.asarray(xy_px, np.float64).reshape(-1, 2)
    if not geometry.distortion and not geometry.roll_deg:
        return points
    return _mapped(points, size, -geometry.roll_deg, geometry.distortion, _bent)


def straight_from_seen(xy_px: ArrayLike, size: ImageSize, geometry: ArmGeometry) -> PositionArray:
    """Return where points of a true picture lie in the straight one: `seen_from_straight` undone.

    Args:
        xy_px: ``(n, 2)`` points in pixels; points beyond the picture's edges are allowed.

    Returns:
        ``(n, 2)`` float64 (x, y) in pixels.
    """
    points = np.asarray(xy_px, np.float64).reshape(-1, 2)
    if not geometry.distortion and not geometry.roll_deg:
        return points
    return _mapped(points, size, geometry.roll_deg, geometry.distortion, _straightened)


def _mapped(
    points: PositionArray,
    size: ImageSize,
    clockwise_deg: float,
    distortion: float,
    radial: Callable[[NDArray[np.float64], float], NDArray[np.float64]],
) -> PositionArray:
    """Turn points about the picture's centre, and move each along its ray by ``radial``."""
    centre = np.array([size.width_px, size.height_px]) / 2
    half_diagonal_px = float(np.hypot(*centre))
    from_centre = points - centre
    radius = np.hypot(*from_centre.T) / half_diagonal_px
    moved = radial(radius, distortion)
    scale = np.divide(moved, radius, out=np.ones_like(radius), where=radius > 0)
    c, s = np.cos(np.radians(clockwise_deg)), np.sin(np.radians(clockwise_deg))
    # y points down, so this turns clockwise as one looks at the picture.
    turned = from_centre @ np.array([[c, s], [-s, c]])
    return np.asarray(centre + turned * scale[:, None])


def _bent(radius: NDArray[np.float64], distortion: float) -> NDArray[np.float64]:
    """Return where radii, in half diagonals, appear."""
    near = np.minimum(radius, BEND_RADIUS)
    slope = 1 + 3 * distortion * BEND_RADIUS**2
    return np.asarray(near * (1 + distortion * near**2) + (radius - near) * slope)


def _straightened(radius: NDArray[np.float64], distortion: float) -> NDArray[np.float64]:
    """Return the radii that appear at ``radius``: `_bent` undone, by the cubic's closed form.

    Source: Viete's solution of the cubic with three real roots, and its hyperbolic twin.
    """
    if not distortion:
        return radius
    edge = BEND_RADIUS * (1 + distortion * BEND_RADIUS**2)
    slope = 1 + 3 * distortion * BEND_RADIUS**2
    near = np.minimum(radius, edge)
    root = np.sqrt(3 * abs(distortion))
    if distortion > 0:
        solved = 2 / root * np.sinh(np.arcsinh(1.5 * root * near) / 3)
    else:
        solved = 2 / root * np.sin(np.arcsin(1.5 * root * near) / 3)
    return np.asarray(solved + (radius - near) / slope)
