"""Laying lit sprites and their shadows into a picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from robot.kinds import Sprite
from robot.render_footprint import Footprint, footprint_of
from robot.render_lamp import Lamp, Pixels, blurred, cast_shadow, moved


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a sprite is laid: centre in pixels, turn clockwise, and pixels a sprite pixel."""

    centre_px: tuple[float, float]
    angle_rad: float
    scale: float


def lay_sprite(
    rgb: NDArray[np.uint8], sprite: Sprite, pose: Pose, lamp: Lamp, tall_px: float
) -> Footprint | None:
    """Draw a sprite and its shadow into a picture; return where it shows, ``None`` if nowhere."""
    reach = tall_px * 1.3 + lamp.softness_px * 2.5 + 2
    shape = (rgb.shape[0], rgb.shape[1])
    patch = _patch(sprite, pose, reach, reach, shape)
    own = _patch(sprite, pose, 2.0, reach, shape)
    rows, columns, its_rows, its_columns = _overlap(patch, shape)
    if min(own[2:]) <= 0 or rows.start >= rows.stop or columns.start >= columns.stop:
        return None
    look = _seen(sprite, pose, lamp, own)
    # A thing's own rectangle is small beside that of its shadow: only the shadow needs all.
    x, y = own[0] - patch[0], own[1] - patch[1]
    margins = (y, patch[3] - y - own[3], x, patch[2] - x - own[2])
    cover = np.asarray(cv2.copyMakeBorder(look.blocking, *margins, cv2.BORDER_CONSTANT), np.float32)
    kept = 1 - cast_shadow(cover, lamp, tall_px)[its_rows, its_columns]
    mixed = rgb[rows, columns] * kept[..., None]
    own_rows, own_columns, from_rows, from_columns = _overlap(own, shape)
    shown = None
    if own_rows.start < own_rows.stop and own_columns.start < own_columns.stop:
        part = mixed[
            own_rows.start - rows.start : own_rows.stop - rows.start,
            own_columns.start - columns.start : own_columns.stop - columns.start,
        ]
        part *= look.bare[from_rows, from_columns]
        part += look.lit[from_rows, from_columns]
        corner = (own_columns.start, own_rows.start)
        shown = footprint_of(look.alpha[from_rows, from_columns], corner, sprite, pose.scale)
    rgb[rows, columns] = np.clip(mixed, 0, 255)
    return shown


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """A sprite as it is laid, ``(h, w)`` each: how lit, and what of the table it leaves."""

    lit: Pixels  # (h, w, 3), its own light, in 0 to 255 and beyond
    bare: Pixels  # (h, w, 1) or (h, w, 3), the share of what lies beneath that shows
    blocking: Pixels  # how much light it keeps from the table, in 0 to 1
    alpha: NDArray[np.uint8]


def _seen(sprite: Sprite, pose: Pose, lamp: Lamp, own: tuple[int, int, int, int]) -> _Look:
    """Turn a sprite into its place, and light it there."""
    matrix = _matrix(sprite, pose, own[0], own[1])
    rgba = np.asarray(cv2.warpAffine(sprite.rgba, matrix, own[2:]), np.uint8)
    relief = np.asarray(cv2.warpAffine(sprite.relief, matrix, own[2:]), np.float32)
    blocking = rgba[..., 3].astype(np.float32) * np.float32(1 / 255)
    bare = 1 - blocking[..., None]
    if sprite.clear is not None:
        clear = np.asarray(cv2.warpAffine(sprite.clear, matrix, own[2:]), np.float32)
        bare = bare + _let_through(rgba, clear)
        blocking = blocking * (1 - np.float32(0.85) * clear)
    lit = shade(rgba, relief, lamp, sprite.length_px * pose.scale)
    return _Look(lit, bare, blocking, rgba[..., 3])


def shade(
    rgba: NDArray[np.uint8], relief: NDArray[np.float32], lamp: Lamp, length_px: float
) -> Pixels:
    """Return how a relief looks in a light: matt where it is dull, mirroring where it glosses."""
    tall = relief[..., 0] * length_px
    slope_x = np.clip(cv2.Sobel(tall, cv2.CV_32F, 1, 0, scale=1 / 8), -2.2, 2.2)
    slope_y = np.clip(cv2.Sobel(tall, cv2.CV_32F, 0, 1, scale=1 / 8), -2.2, 2.2)
    up = 1 / np.sqrt(1 + slope_x * slope_x + slope_y * slope_y)
    facing = (lamp.z - slope_x * lamp.x - slope_y * lamp.y) * up
    matt = lamp.ambient + (1 - lamp.ambient) * np.clip(facing, 0, None) / lamp.z
    gloss = relief[..., 1]
    toward = -(slope_x * lamp.x + slope_y * lamp.y) * up * up * 2  # of the mirrored view, flat part
    mirrored = 0.86 + 0.42 * np.sin(3.1 * toward + 0.3) + 0.12 * np.sin(9 * toward)
    metallic = np.clip((gloss - 0.45) * 2, 0, 0.9)
    bright = matt * (1 - metallic) + mirrored * metallic
    half_z = float(np.hypot(np.hypot(lamp.x, lamp.y), lamp.z + 1.0))
    shine = np.clip((lamp.z + 1.0 - slope_x * lamp.x - slope_y * lamp.y) * up * (1 / half_z), 0, 1)
    spark = cv2.pow(shine, 36) * gloss * (rgba[..., 3] * np.float32(95 / 255))
    return np.asarray(rgba[..., :3] * bright[..., None] + spark[..., None], np.float32)


def lay_cavity(
    rgb: NDArray[np.uint8], opening_px: NDArray[np.float64], lamp: Lamp, deep_px: float
) -> None:
    """Darken the part of a container's inside that its wall keeps from the light."""
    margin = deep_px * 1.5 + 4
    left, top = np.floor(opening_px.min(axis=0) - margin).astype(int)
    right, bottom = np.ceil(opening_px.max(axis=0) + margin).astype(int)
    patch = (int(left), int(top), int(right - left), int(bottom - top))
    rows, columns, own_rows, own_columns = _overlap(patch, (rgb.shape[0], rgb.shape[1]))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    inside = np.zeros((patch[3], patch[2]), np.uint8)
    fixed = np.round((opening_px - (left, top) - 0.5) * 16).astype(np.int32)
    cv2.fillPoly(inside, [fixed], 255, cv2.LINE_AA, 4)
    open_to_light = inside.astype(np.float32) * np.float32(1 / 255)
    lit = blurred(moved(open_to_light, lamp.shadow_offset(deep_px)), lamp.softness_px)
    dark = lamp.shadow * 0.8 * open_to_light * (1 - lit)
    factor = 1 - dark[own_rows, own_columns, None]
    rgb[rows, columns] = (rgb[rows, columns] * factor).astype(np.uint8)


def _let_through(rgba: NDArray[np.uint8], clear: Pixels) -> Pixels:
    """Take from the colours what does not stop light; return the share that passes, tinted.

    Args:
        rgba: ``(h, w, 4)`` as of a sprite; its colours are dimmed where it is clear.
        clear: ``(h, w)`` in 0 to 1.

    Returns:
        ``(h, w, 3)`` in 0 to 1, for what lies beneath.
    """
    passing = rgba[..., :3] * (clear[..., None] / 255)
    rgba[..., :3] = rgba[..., :3] * (1 - clear[..., None])
    return np.asarray(passing, np.float32)


def _patch(
    sprite: Sprite, pose: Pose, margin: float, beyond: float, shape: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Return left, top, width and height of what a sprite can change, a margin around it too.

    It reaches ``beyond`` the picture at most; a size below 1 means that nothing shows.
    """
    h, w = sprite.rgba.shape[:2]
    c, s = abs(np.cos(pose.angle_rad)) * pose.scale, abs(np.sin(pose.angle_rad)) * pose.scale
    half_w, half_h = (c * w + s * h) / 2 + margin, (s * w + c * h) / 2 + margin
    x, y = pose.centre_px
    out = int(beyond)
    left, top = max(int(np.floor(x - half_w)), -out), max(int(np.floor(y - half_h)), -out)
    right = min(int(np.ceil(x + half_w)), shape[1] + out)
    bottom = min(int(np.ceil(y + half_h)), shape[0] + out)
    if left >= shape[1] + out or top >= shape[0] + out or right <= -out or bottom <= -out:
        return 0, 0, 0, 0
    return left, top, right - left, bottom - top


def _matrix(sprite: Sprite, pose: Pose, left: int, top: int) -> NDArray[np.float64]:
    """Return the map of a sprite's pixels into the part of a picture that starts there."""
    h, w = sprite.rgba.shape[:2]
    c, s = np.cos(pose.angle_rad) * pose.scale, np.sin(pose.angle_rad) * pose.scale
    x, y = pose.centre_px
    # From pixel numbers to pixel numbers: a pixel's centre is half a pixel on.
    middle_x, middle_y = (w - 1) / 2, (h - 1) / 2
    return np.array(
        [
            [c, -s, x - left - 0.5 - c * middle_x + s * middle_y],
            [s, c, y - top - 0.5 - s * middle_x - c * middle_y],
        ]
    )


def _overlap(
    patch: tuple[int, int, int, int], shape: tuple[int, int]
) -> tuple[slice, slice, slice, slice]:
    """Return the rows and columns that a patch covers of the picture, and of itself."""
    left, top, width, height = patch
    rows = slice(max(0, top), min(shape[0], top + height))
    columns = slice(max(0, left), min(shape[1], left + width))
    return (
        rows,
        columns,
        slice(rows.start - top, rows.stop - top),
        slice(columns.start - left, columns.stop - left),
    )
