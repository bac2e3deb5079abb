"""The virtual camera as it truly is: turned about its line of sight, behind a lens that bends."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from robot.camera import photograph_view
from robot.table import Scene
from robot.table_layout import CAMERA
from robot.view import View
from sorter.geometry import pixel_from_servo, servo_from_pixel
from sorter.types import ArmGeometry


def photograph_truly(scene: Scene, position_pw: float, geometry: ArmGeometry) -> NDArray[np.uint8]:
    """Return the full picture ``(1232, 1640, 3)`` uint8 taken through a geometry, lens and all.

    A camera with roll or distortion sees beyond the edges of a straight one, so a wider picture
    is drawn and bent.
    """
    straight = replace(geometry, roll_deg=0.0, distortion=0.0)
    if straight == geometry:
        return photograph_view(scene, View(position_pw, CAMERA, geometry)).rgb
    source_x, source_y, margin_px = _bent_pixels(geometry)
    width, height = CAMERA.width_px + 2 * margin_px, CAMERA.height_px + 2 * margin_px
    window_px = (-margin_px, -margin_px, width, height)
    wide = photograph_view(scene, View(position_pw, CAMERA, straight, window_px=window_px)).rgb
    return np.asarray(cv2.remap(wide, source_x, source_y, cv2.INTER_CUBIC), np.uint8)


@lru_cache(maxsize=4)
def _bent_pixels(
    geometry: ArmGeometry,
) -> tuple[NDArray[np.float32], NDArray[np.float32], int]:
    """Return where each pixel of a bent picture lies in the wide straight one, and its margin.

    Returns:
        x and y, each ``(1232, 1640)`` float32 pixels of the wide picture, and how many pixels
        that one is wider on every side.
    """
    y, x = np.mgrid[: CAMERA.height_px, : CAMERA.width_px] + 0.5
    straight = replace(geometry, roll_deg=0.0, distortion=0.0)
    servo = servo_from_pixel(np.stack([x.ravel(), y.ravel()], axis=1), 1500.0, CAMERA, geometry)
    there = pixel_from_servo(servo, 1500.0, CAMERA, straight).reshape(*x.shape, 2)
    beyond = max(-there.min(), *(there.max(axis=(0, 1)) - (CAMERA.width_px, CAMERA.height_px)))
    margin_px = max(0, int(np.ceil(beyond))) + 2
    in_wide = (there + margin_px - 0.5).astype(np.float32)
    return in_wide[..., 0].copy(), in_wide[..., 1].copy(), margin_px
