"""Photographs by arms whose camera is rolled, bent, or turned a little from where it was sent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sorter.geometry import pixel_from_servo, servo_from_table
from sorter.types import ArmGeometry, Detections, Photograph
from tests.unit.sorter.tables import LEAST_VISIBLE_PX, SIZE, Thing, clipped

STEPS_ALONG_A_SIDE = np.array([0.0, 0.25, 0.5, 0.75])


def outline_px(thing: Thing) -> NDArray[np.float64]:
    """Return points all around a thing, since a lens bends its sides."""
    corners = thing.corners_px
    sides = np.roll(corners, -1, axis=0) - corners
    return np.concatenate([corners + sides * step for step in STEPS_ALONG_A_SIDE])


def photographs_by(
    geometry: ArmGeometry,
    things: Sequence[Thing],
    positions_pw: Sequence[float],
    *,
    servo_pw: float = 0.0,
    noise_px: float = 0.0,
    seed: int = 0,
) -> list[Photograph]:
    """Photograph things through a camera that is as ``geometry`` says.

    Args:
        servo_pw: How far servo 0 misses each position, as a standard deviation.
        noise_px: How far each side of a box is off, as a standard deviation.
    """
    rng = np.random.default_rng(seed)
    photographs = []
    for position_pw in positions_pw:
        stands_at = position_pw + rng.normal(0, servo_pw)
        boxes = np.array([_box(thing, stands_at, geometry) for thing in things]).reshape(-1, 4)
        boxes = clipped(boxes + rng.normal(0, noise_px, boxes.shape))
        shown = (boxes[:, 2:] - boxes[:, :2]).min(axis=1) > LEAST_VISIBLE_PX
        labels = np.array([thing.label for thing in things], np.int64)
        found = Detections(
            boxes[shown].astype(np.float32),
            labels[shown],
            rng.uniform(0.5, 1, int(shown.sum())).astype(np.float32),
        )
        photographs.append(Photograph(f"image-{position_pw:g}", position_pw, SIZE, found))
    return photographs


def _box(thing: Thing, position_pw: float, geometry: ArmGeometry) -> NDArray[np.float64]:
    servo = servo_from_table(outline_px(thing), SIZE, geometry)
    points = pixel_from_servo(servo, position_pw, SIZE, geometry)
    return np.concatenate([points.min(axis=0), points.max(axis=0)])
