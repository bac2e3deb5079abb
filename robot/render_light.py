"""Laying lit sprites and their shadows into a picture."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from robot.kinds import Sprite
from robot.table import Light

Pixels = NDArray[np.float32]

_SOLID = 100  # coverage, of 255, from which a pixel counts as the thing's own


@dataclass(frozen=True, slots=True, eq=False)
class Footprint:
    """Where a thing appears.

    Attributes:
        shown: ``(h, w)`` bool, the pixels that are the thing's own; some are.
        corner_px: The column and the row of the picture where ``shown`` begins.
        area_px: How many pixels the whole thing would cover.
    """

    shown: NDArray[np.bool_]
    corner_px: tuple[int, int]
    area_px: float

    @property
    def xyxy_px(self) -> tuple[float, float, float, float]:
        """The box around the part of it that the picture shows."""
        x, y, w, h = cv2.boundingRect(self.shown.view(np.uint8))
        left, top = self.corner_px
        return (float(left + x), float(top + y), float(left + x + w), float(top + y + h))

    @property
    def visible_fraction(self) -> float:
        """How much of its area the picture shows, in 0 to 1."""
        return min(1.0, float(np.count_nonzero(self.shown)) / max(1.0, self.area_px))

    def under(self, other: Footprint) -> Footprint | None:
        """Return what shows of it under another thing, ``None`` if nothing does."""
        (left, top), (other_left, other_top) = self.corner_px, other.corner_px
        (height, width), (other_height, other_width) = self.shown.shape, other.shown.shape
        x_min, x_max = max(left, other_left), min(left + width, other_left + other_width)
        y_min, y_max = max(top, other_top), min(top + height, other_top + other_height)
        if x_min >= x_max or y_min >= y_max:
            return self
        shown = self.shown.copy()
        shown[y_min - top : y_max - top, x_min - left : x_max - left] &= ~other.shown[
            y_min - other_top : y_max - other_top, x_min - other_left : x_max - other_left
        ]
        return replace(self, shown=shown) if shown.any() else None


@dataclass(frozen=True, slots=True)
class Lamp:
    """The light as it falls in one picture: x right, y down, z towards the camera."""

    x: float
    y: float
    z: float
    ambient: float
    shadow: float
    softness_px: float
    second: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Of a second lamp: x, y, and its shadow as a share of the first one's."""

    @classmethod
    def seen(cls, light: Light, turn_rad: float, resolution: float) -> Lamp:
        """Turn the table's light into the picture's."""
        azimuth = light.azimuth_rad + turn_rad
        flat = np.cos(light.elevation_rad)
        second = light.second_azimuth_rad + turn_rad
        return cls(
            float(flat * np.cos(azimuth)),
            float(flat * np.sin(azimuth)),
            float(np.sin(light.elevation_rad)),
            light.ambient,
            light.shadow,
            light.softness_px * resolution,
            (float(flat * np.cos(second)), float(flat * np.sin(second)), light.second),
        )

    def shadow_offset(self, tall_px: float) -> tuple[float, float]:
        """Return how far the shadow of something that tall falls, right and down."""
        reach = self._shadow_reach(tall_px)
        return -self.x * reach, -self.y * reach

    def second_offset(self, tall_px: float) -> tuple[float, float]:
        """Return how far its shadow from the second lamp falls."""
        reach = self._shadow_reach(tall_px)
        return -self.second[0] * reach, -self.second[1] * reach

    def _shadow_reach(self, tall_px: float) -> float:
        return min(1.3, 1 / max(0.3, self.z)) * tall_px


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
    kept = 1 - _shadow(cover, lamp, tall_px)[its_rows, its_columns]
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
        shown = _footprint(look.alpha[from_rows, from_columns], corner, sprite, pose)
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
    lit = _blurred(_moved(open_to_light, lamp.shadow_offset(deep_px)), lamp.softness_px)
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


def _shadow(cover: Pixels, lamp: Lamp, tall_px: float) -> Pixels:
    """Return how dark the table is around something, in 0 to 1; a mark on it casts no shadow."""
    if tall_px <= 0:
        return np.zeros_like(cover)
    shares = [(lamp.shadow_offset(tall_px), 1.0)]
    if lamp.second[2] > 0:
        # Each lamp lights the other one's shadow: two shadows are paler than one.
        whole = 1 + 0.6 * lamp.second[2]
        shares = [
            (lamp.shadow_offset(tall_px), 1 / whole),
            (lamp.second_offset(tall_px), lamp.second[2] / whole),
        ]
    cast = np.zeros_like(cover)
    for offset, share in shares:
        cast += _moved(cover, offset) * np.float32(share)
    cast = _blurred(cast, lamp.softness_px * 0.6 + tall_px * 0.12)
    near = _blurred(cover, tall_px * 0.25)
    return np.asarray(np.clip(lamp.shadow * cast + 0.3 * near, 0, 0.9), np.float32)


def _moved(cover: Pixels, offset_px: tuple[float, float]) -> Pixels:
    height, width = cover.shape
    dx, dy = offset_px
    matrix = np.array([[1, 0, dx], [0, 1, dy]], np.float64)
    return np.asarray(cv2.warpAffine(cover, matrix, (width, height)), np.float32)


def _blurred(cover: Pixels, sigma_px: float) -> Pixels:
    """Return it blurred; what is blurred much is made small first, which nobody sees."""
    sigma = max(0.6, sigma_px)
    height, width = cover.shape
    k = min(4, int(sigma / 1.5), height // 4, width // 4)
    if k < 2:
        return np.asarray(cv2.GaussianBlur(cover, (0, 0), sigma), np.float32)
    small = cv2.resize(cover, (width // k, height // k), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), sigma / k)
    return np.asarray(cv2.resize(soft, (width, height)), np.float32)


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


def _footprint(
    alpha: NDArray[np.uint8], corner_px: tuple[int, int], sprite: Sprite, pose: Pose
) -> Footprint | None:
    """Return what of a sprite shows, given its coverage of the picture from a corner on."""
    x, y, w, h = cv2.boundingRect((alpha >= _SOLID).view(np.uint8)) if alpha.size else (0, 0, 0, 0)
    if w == 0:
        return None
    shown = np.ascontiguousarray(alpha[y : y + h, x : x + w] >= _SOLID)
    n_all = np.count_nonzero(sprite.rgba[..., 3] >= _SOLID) * pose.scale**2
    return Footprint(shown, (corner_px[0] + x, corner_px[1] + y), n_all)
