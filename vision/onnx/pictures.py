"""Pictures at the size that a network is fed, without torch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vision.ports import RgbImage


def resized_rgb(image_rgb: RgbImage, size_px: tuple[int, int]) -> NDArray[np.uint8]:
    """Return the picture at ``size_px`` (width, height), smoothed before it is thinned out.

    Pillow's triangle filter grows with the reduction, as that of
    :func:`vision.networks.resized_rgb` does; the two differ by one grey level at most.
    """
    if image_rgb.shape[1::-1] == size_px:
        return np.ascontiguousarray(image_rgb)
    picture = Image.fromarray(np.ascontiguousarray(image_rgb))
    return np.asarray(picture.resize(size_px, Image.Resampling.BILINEAR))
