"""The lamps as they stand to one picture, and the shadows that they cast in it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from robot.table import Light

Pixels = NDArray[np.float32]


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


def cast_shadow(cover: Pixels, lamp: Lamp, tall_px: float) -> Pixels:
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
        cast += moved(cover, offset) * np.float32(share)
    cast = blurred(cast, lamp.softness_px * 0.6 + tall_px * 0.12)
    near = blurred(cover, tall_px * 0.25)
    return np.asarray(np.clip(lamp.shadow * cast + 0.3 * near, 0, 0.9), np.float32)


def moved(cover: Pixels, offset_px: tuple[float, float]) -> Pixels:
    """Return it shifted right and down, 0 where nothing came from."""
    height, width = cover.shape
    dx, dy = offset_px
    matrix = np.array([[1, 0, dx], [0, 1, dy]], np.float64)
    return np.asarray(cv2.warpAffine(cover, matrix, (width, height)), np.float32)


def blurred(cover: Pixels, sigma_px: float) -> Pixels:
    """Return it blurred; what is blurred much is made small first, which nobody sees."""
    sigma = max(0.6, sigma_px)
    height, width = cover.shape
    k = min(4, int(sigma / 1.5), height // 4, width // 4)
    if k < 2:
        return np.asarray(cv2.GaussianBlur(cover, (0, 0), sigma), np.float32)
    small = cv2.resize(cover, (width // k, height // k), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), sigma / k)
    return np.asarray(cv2.resize(soft, (width, height)), np.float32)
