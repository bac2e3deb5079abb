"""Places: from a picture's pixels to the arm's servos, to the table plane, and back.

Servo 0 turns the base and servo 1 reaches out, so a pair of pulse widths names a place in
polar form: servo 0 for the angle around the base axis, servo 1 for the distance from it.
The camera looks straight down, its picture's bottom edge towards the base but for its roll;
:mod:`sorter.lens` knows what roll and lens make of a picture, the rest here does not.

Source: the original's formulas and worked values, docs/interfaces/sorterbot.md.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sorter.errors import InvalidInputError
from sorter.lens import seen_from_straight, straight_from_seen
from sorter.types import ArmGeometry, ImageSize, PositionArray


def centres_from_xyxy(xyxy_px: NDArray[np.floating]) -> PositionArray:
    """Return the centres ``(n, 2)`` float64 (x, y) of ``(n, 4)`` xyxy boxes, in pixels."""
    boxes = np.asarray(xyxy_px, np.float64).reshape(-1, 4)
    return (boxes[:, :2] + boxes[:, 2:]) / 2


def servo_from_pixel(
    xy_px: ArrayLike, position_pw: ArrayLike, size: ImageSize, geometry: ArmGeometry
) -> PositionArray:
    """Place picture points in the arm's frame.

    Args:
        xy_px: ``(n, 2)`` points in the picture; points beyond its edges are allowed.
        position_pw: Servo 0 at which the picture was taken, one number or ``(n,)``.

    Returns:
        ``(n, 2)`` float64: servo 0 and servo 1 pulse widths in microseconds.

    Raises:
        InvalidInputError: The base axis lies inside the picture, so angles lose their meaning.
    """
    points = np.asarray(xy_px, np.float64).reshape(-1, 2)
    return _servo_from_straight(
        straight_from_seen(points, size, geometry), position_pw, size, geometry
    )


def _servo_from_straight(
    points: PositionArray, position_pw: ArrayLike, size: ImageSize, geometry: ArmGeometry
) -> PositionArray:
    """Place points of a picture that neither roll nor lens has changed."""
    _check_base_lies_below(size, geometry)
    right = points[:, 0] - size.width_px / 2
    ahead = size.height_px / 2 - points[:, 1] + geometry.radius_px
    angle_deg = np.degrees(np.arctan2(right, ahead))
    dist_px = np.hypot(right, ahead)
    servo0 = np.asarray(position_pw, np.float64) - angle_deg * _pw_per_deg(geometry)
    servo1 = (dist_px - _near_px(size, geometry)) * _pw_per_px(size, geometry)
    return np.stack([servo0, servo1 + geometry.dist_min_pw], axis=1)


def pixel_from_servo(
    servo_pw: ArrayLike, position_pw: ArrayLike, size: ImageSize, geometry: ArmGeometry
) -> PositionArray:
    """Return where places of the arm's frame appear in a picture: :func:`servo_from_pixel` undone.

    Args:
        servo_pw: ``(n, 2)`` servo 0 and servo 1 pulse widths.
        position_pw: Servo 0 at which the picture was taken, one number or ``(n,)``.

    Returns:
        ``(n, 2)`` float64 (x, y) in pixels; places outside the picture get points outside it.

    Raises:
        InvalidInputError: The base axis lies inside the picture.
    """
    straight = _straight_from_servo(servo_pw, position_pw, size, geometry)
    return seen_from_straight(straight, size, geometry)


def _straight_from_servo(
    servo_pw: ArrayLike, position_pw: ArrayLike, size: ImageSize, geometry: ArmGeometry
) -> PositionArray:
    """Return where places would appear if neither roll nor lens changed the picture."""
    servo = np.asarray(servo_pw, np.float64).reshape(-1, 2)
    _check_base_lies_below(size, geometry)
    turned_pw = np.asarray(position_pw, np.float64) - servo[:, 0]
    angle_rad = np.radians(turned_pw / _pw_per_deg(geometry))
    reach_pw = servo[:, 1] - geometry.dist_min_pw
    dist_px = reach_pw / _pw_per_px(size, geometry) + _near_px(size, geometry)
    x = size.width_px / 2 + dist_px * np.sin(angle_rad)
    y = size.height_px / 2 - (dist_px * np.cos(angle_rad) - geometry.radius_px)
    return np.stack([x, y], axis=1)


def table_from_servo(
    servo_pw: ArrayLike, size: ImageSize, geometry: ArmGeometry, centre_pw: float = 1500.0
) -> PositionArray:
    """Lay places of the arm's frame out flat on the table.

    The table's origin is the base axis; y points ahead where servo 0 stands at ``centre_pw``,
    x to the right of it; the unit is the image pixel at the table's height.

    Args:
        servo_pw: ``(n, 2)`` servo 0 and servo 1 pulse widths.
        size: Of the pictures that ``geometry`` belongs to; it sets the scale of servo 1.

    Returns:
        ``(n, 2)`` float64 (x, y) in pixels.
    """
    flat = _straight_from_servo(servo_pw, centre_pw, size, geometry)
    x = flat[:, 0] - size.width_px / 2
    y = size.height_px / 2 - flat[:, 1] + geometry.radius_px
    return np.stack([x, y], axis=1)


def servo_from_table(
    xy_px: ArrayLike, size: ImageSize, geometry: ArmGeometry, centre_pw: float = 1500.0
) -> PositionArray:
    """Return the servo pulse widths ``(n, 2)`` of table points: :func:`table_from_servo` undone."""
    points = np.asarray(xy_px, np.float64).reshape(-1, 2)
    x = points[:, 0] + size.width_px / 2
    y = size.height_px / 2 - (points[:, 1] - geometry.radius_px)
    return _servo_from_straight(np.stack([x, y], axis=1), centre_pw, size, geometry)


def boxes_seen_from(
    xyxy_px: NDArray[np.floating],
    taken_at_pw: ArrayLike,
    seen_at_pw: ArrayLike,
    size: ImageSize,
    geometry: ArmGeometry,
) -> NDArray[np.float64]:
    """Return where boxes of some pictures would lie in other pictures of the same table.

    The arm turns between two pictures, so a box appears turned in the other one; the answer is
    the upright box around it. Whatever lies in the box lies in the answer, but for what a lens
    bends between the corners and the middles of its sides.

    Args:
        xyxy_px: ``(n, 4)`` xyxy, pixels of the pictures taken at ``taken_at_pw``.
        taken_at_pw: Servo 0 of those pictures, one number or ``(n,)``.
        seen_at_pw: Servo 0 of the other pictures, one number or ``(n,)``.

    Returns:
        ``(n, 4)`` float64 xyxy, pixels of the other pictures, not clipped to them.

    Raises:
        InvalidInputError: The base axis lies inside the picture.
    """
    boxes = np.asarray(xyxy_px, np.float64).reshape(-1, 4)
    outline = np.stack([boxes[:, [0, 1]], boxes[:, [2, 1]], boxes[:, [2, 3]], boxes[:, [0, 3]]])
    if geometry.distortion:
        middles = (outline + np.roll(outline, -1, axis=0)) / 2
        outline = np.concatenate([outline, middles])
    points = straight_from_seen(outline.reshape(-1, 2), size, geometry).reshape(outline.shape)
    turn_pw = np.asarray(seen_at_pw, np.float64) - np.asarray(taken_at_pw, np.float64)
    turned = _turned(points, turn_pw, size, geometry)
    seen = seen_from_straight(turned.reshape(-1, 2), size, geometry).reshape(outline.shape)
    return np.concatenate([seen.min(axis=0), seen.max(axis=0)], axis=1)


def _turned(
    points: NDArray[np.float64],
    turn_pw: NDArray[np.float64],
    size: ImageSize,
    geometry: ArmGeometry,
) -> NDArray[np.float64]:
    """Return where ``(..., 2)`` points of straight pictures lie after servo 0 turned so far.

    The camera turns about the base axis with it, so its pictures turn about that the other way.
    """
    _check_base_lies_below(size, geometry)
    angle_rad = np.radians(turn_pw / _pw_per_deg(geometry))
    base = np.array([size.width_px / 2, size.height_px / 2 + geometry.radius_px])
    right, down = np.moveaxis(points - base, -1, 0)
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    return np.asarray(base + np.stack([right * c - down * s, right * s + down * c], axis=-1))


def travel_pw(from_pw: ArrayLike, to_pw: ArrayLike) -> NDArray[np.float64]:
    """Return how far the servos turn from one place to another, the slower one counted.

    Both servos turn at once and at one speed, so the longer way decides.

    Args:
        from_pw: ``(..., 2)`` servo 0 and servo 1 pulse widths.
        to_pw: ``(..., 2)``, of a shape that broadcasts against ``from_pw``.

    Returns:
        ``(...)`` float64, pulse width in microseconds.
    """
    way = np.asarray(to_pw, np.float64) - np.asarray(from_pw, np.float64)
    return np.asarray(np.abs(way).max(axis=-1))


def _check_base_lies_below(size: ImageSize, geometry: ArmGeometry) -> None:
    if _near_px(size, geometry) <= 0:
        raise InvalidInputError(
            f"radius_px {geometry.radius_px:g} must exceed half the picture's height, "
            f"{size.height_px / 2:g}: the base axis cannot lie inside the picture"
        )


def _near_px(size: ImageSize, geometry: ArmGeometry) -> float:
    """From the base axis to the picture's bottom edge, along its middle column."""
    return geometry.radius_px - size.height_px / 2


def _pw_per_deg(geometry: ArmGeometry) -> float:
    return geometry.rotation_range_pw / geometry.rotation_range_deg


def _pw_per_px(size: ImageSize, geometry: ArmGeometry) -> float:
    return (geometry.dist_max_pw - geometry.dist_min_pw) / size.height_px
