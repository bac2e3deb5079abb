"""What lamp, lens and sensor do to a whole picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from robot.table import Light, Optics
from robot.view import View


def expose(
    rgb: NDArray[np.uint8], view: View, light: Light, optics: Optics, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Return the picture that the camera takes of a drawn table: light, blur, then noise."""
    gain = _illumination(view, light, optics)
    lit = cv2.multiply(rgb, gain, dtype=cv2.CV_8U)
    sigma = optics.blur_px * view.resolution
    if sigma > 0.25:
        lit = cv2.GaussianBlur(lit, (0, 0), sigma)
    return _with_noise(
        np.asarray(lit, np.uint8), optics.noise * min(1.0, view.resolution**0.5), rng
    )


def _illumination(view: View, light: Light, optics: Optics) -> NDArray[np.float32]:
    """Return the brightness of each pixel and colour, smooth over the full picture."""
    height, width = view.shape
    left, top = (0, 0) if view.window_px is None else view.window_px[:2]
    full_w = view.size.width_px * view.resolution
    full_h = view.size.height_px * view.resolution
    n = 24
    x = ((np.arange(n) + 0.5) * (width / n) + left) / full_w - 0.5
    y = (((np.arange(n) + 0.5) * (height / n) + top) / full_h - 0.5)[:, None]
    azimuth = light.azimuth_rad + view.turn_rad
    slope = light.falloff * (x * np.cos(azimuth) + y * np.sin(azimuth))
    corners = 1 - optics.vignette * 2 * (x * x + y * y)
    small = (optics.exposure * (1 + slope) * corners)[..., None] * light.tint
    return np.asarray(cv2.resize(small.astype(np.float32), (width, height)))


def _with_noise(
    rgb: NDArray[np.uint8], strength: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Add even noise of that full range to each colour."""
    noise = np.frombuffer(rng.bytes(rgb.size), np.uint8).reshape(rgb.shape)
    share = strength / 255
    return np.asarray(cv2.addWeighted(rgb, 1.0, noise, share, -127.5 * share), np.uint8)
