"""Pictures at the size that a network is fed, made on the device where it runs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from vision.fitting import SizePx
from vision.networks import resized_rgb
from vision.ports import RgbImage


def resized_batch(images_rgb: Sequence[RgbImage], size_px: SizePx, device: torch.device) -> Tensor:
    """Return pictures at ``size_px`` (width, height) as ``(n, 3, height, width)`` on the device.

    Values are whole numbers from 0 to 255 in float32, red first. On a CPU they are those of
    :func:`vision.networks.resized_rgb`; a GPU rounds one in some thousands to its neighbour.
    """
    if device.type == "cpu":
        small = np.stack([resized_rgb(image, size_px) for image in images_rgb])
        return torch.from_numpy(small).permute(0, 3, 1, 2).float()
    return torch.cat([_resized_there(image, size_px, device) for image in images_rgb])


def _resized_there(image_rgb: RgbImage, size_px: SizePx, device: torch.device) -> Tensor:
    own = np.require(image_rgb, requirements=["C", "W"])  # torch warns of read-only memory
    planes = torch.from_numpy(own).to(device, non_blocking=True).permute(2, 0, 1)[None].float()
    if image_rgb.shape[:2] == size_px[::-1]:
        return planes
    small = functional.interpolate(
        planes, size=size_px[::-1], mode="bilinear", antialias=True, align_corners=False
    )
    return small.round_().clamp_(0, 255)
