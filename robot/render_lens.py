"""What lamp, lens and sensor do to a whole picture."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from robot.kinds.canvas import Rgb
from robot.table import Light, Optics
from robot.view import View

_MOVING_SHARE = 0.4
"""The share of pictures that an arm in a hurry takes while it still swings."""

_BAND_GRID = 96  # cells each way, between which light is taken to be even


def expose(
    rgb: NDArray[np.uint8], view: View, light: Light, optics: Optics, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Return the picture that the camera takes of a drawn table: light, blur, smear, then noise."""
    optics, tint, smear_px = _of_this_picture(light, optics, rng)
    gain = _illumination(view, replace(light, tint=tint), optics)
    lit = cv2.multiply(rgb, gain, dtype=cv2.CV_8U)
    sigma = optics.blur_px * view.resolution
    if sigma > 0.25:
        lit = cv2.GaussianBlur(lit, (0, 0), sigma)
    smeared = _smeared(np.asarray(lit, np.uint8), smear_px * view.resolution)
    return _with_noise(smeared, optics.noise * min(1.0, view.resolution**0.5), rng)


def _of_this_picture(
    light: Light, optics: Optics, rng: np.random.Generator
) -> tuple[Optics, Rgb, float]:
    """Return the camera, the tint and the smear in pixels as they are for one picture."""
    brighter, redder = rng.normal(0, (optics.exposure_drift, optics.tint_drift)).clip(-0.15, 0.15)
    red, green, blue = light.tint
    tint = (float(red * (1 + redder)), green, float(blue * (1 - redder)))
    is_moving = rng.random() < _MOVING_SHARE
    smear_px = float(rng.uniform(0, optics.motion_px)) if is_moving else 0.0
    return replace(optics, exposure=float(optics.exposure * (1 + brighter))), tint, smear_px


def _smeared(rgb: NDArray[np.uint8], length_px: float) -> NDArray[np.uint8]:
    """Blur along the rows: about its base the arm swings the camera sideways."""
    if length_px < 0.5:
        return rgb
    n = 2 * int(np.ceil(length_px / 2)) + 1
    kernel = np.clip((length_px + 1) / 2 - np.abs(np.arange(n) - n // 2) + 0.5, 0, 1)
    kernel = (kernel / kernel.sum()).astype(np.float32)
    return np.asarray(cv2.sepFilter2D(rgb, cv2.CV_8U, kernel, np.ones(1, np.float32)), np.uint8)


def _illumination(view: View, light: Light, optics: Optics) -> NDArray[np.float32]:
    """Return the brightness of each pixel and colour, smooth over the full picture."""
    height, width = view.shape
    left, top = (0, 0) if view.window_px is None else view.window_px[:2]
    full_w = view.size.width_px * view.resolution
    full_h = view.size.height_px * view.resolution
    n = 24 if light.band == 0 else _BAND_GRID
    x = ((np.arange(n) + 0.5) * (width / n) + left) / full_w - 0.5
    y = (((np.arange(n) + 0.5) * (height / n) + top) / full_h - 0.5)[:, None]
    azimuth = light.azimuth_rad + view.turn_rad
    slope = light.falloff * (x * np.cos(azimuth) + y * np.sin(azimuth))
    corners = 1 - optics.vignette * 2 * (x * x + y * y)
    if light.band > 0:
        slope = (1 + slope) * (1 - light.band * _in_band(view, light, n)) - 1
    small = (optics.exposure * (1 + slope) * corners)[..., None] * light.tint
    return np.asarray(cv2.resize(small.astype(np.float32), (width, height)))


def _in_band(view: View, light: Light, n: int) -> NDArray[np.float64]:
    """Return how deep each of ``(n, n)`` places in the picture lies in the band of shadow."""
    height, width = view.shape
    affine = view.affine
    c, s = np.cos(light.band_azimuth_rad), np.sin(light.band_azimuth_rad)
    # The picture's y runs down and the table's ahead; both maps are affine.
    across = np.array([c, -s]) @ np.linalg.inv(affine[:, :2])
    start = across @ (affine @ (0.0, 1500.0, 1.0))
    x = (np.arange(n) + 0.5) * (width / n)
    y = ((np.arange(n) + 0.5) * (height / n))[:, None]
    away = (across[0] * x + across[1] * y - start - light.band_at_px) / light.band_px
    return np.asarray(np.exp(-0.5 * away * away))


def _with_noise(
    rgb: NDArray[np.uint8], strength: float, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Add even noise of that full range to each colour."""
    noise = np.frombuffer(rng.bytes(rgb.size), np.uint8).reshape(rgb.shape)
    share = strength / 255
    return np.asarray(cv2.addWeighted(rgb, 1.0, noise, share, -127.5 * share), np.uint8)
