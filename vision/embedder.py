"""The embedder: crops of any size in, the 512 values of ResNet18's average pool out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sorter.errors import InvalidInputError
from sorter.types import FloatArray
from vision import squaring
from vision.networks import (
    EMBEDDING_VALUES,
    build_embedder,
    normalised,
    resized_rgb,
    tensor_from_rgb,
)
from vision.package import ModelPackage
from vision.ports import RgbImage
from vision.weights import load_weights

WHITENED = "whitened"
"""The field of ``architecture`` that says whether the net ends in a whitening."""

_CROPS_AT_ONCE = 64

PrepareCrop = Callable[[RgbImage], Tensor]
"""Turns one crop into what the net is fed: ``(3, side, side)`` float32, normalised."""


class ResNet18Embedder:
    """Embeds crops with a ResNet18 that ends at its average pool, or one layer later.

    On a CPU each crop passes the net alone, so that its values are the same to the last bit
    whatever crops come with it.
    """

    def __init__(
        self, version: str, network: nn.Module, prepare: PrepareCrop, device: torch.device
    ) -> None:
        self._version = version
        self._network = network.eval().to(device)
        self._prepare = prepare
        self._device = device

    @classmethod
    def from_package(cls, package: ModelPackage, device: torch.device) -> ResNet18Embedder:
        """Make a package's net ready, or raise what :func:`network_of` raises."""
        network = network_of(package)
        side_px = min(package.card.input_size_px)

        def prepare(crop_rgb: RgbImage) -> Tensor:
            return crop_tensor(squared_rgb(crop_rgb, side_px))

        return cls(package.card.full_name, network, prepare, device)

    @property
    def version(self) -> str:
        """As :class:`vision.ports.Embedder` says."""
        return self._version

    def embed(self, crops_rgb: Sequence[RgbImage]) -> FloatArray:
        """As :class:`vision.ports.Embedder` says."""
        at_once = 1 if self._device.type == "cpu" else _CROPS_AT_ONCE
        rows = [np.zeros((0, EMBEDDING_VALUES), np.float32)]
        with torch.inference_mode():
            for start in range(0, len(crops_rgb), at_once):
                crops = [self._prepare(crop) for crop in crops_rgb[start : start + at_once]]
                batch = torch.stack(crops).to(self._device)
                rows.append(self._network(batch).float().cpu().numpy())
        return np.concatenate(rows)


def network_of(package: ModelPackage) -> nn.Module:
    """Return a net with the weights of a package.

    Raises:
        InvalidInputError: The weights do not fit, or ``whitened`` is neither true nor false.
    """
    is_whitened = package.card.architecture.get(WHITENED, False)
    if not isinstance(is_whitened, bool):
        raise InvalidInputError(f"architecture: {WHITENED} must be true or false")
    network = build_embedder(is_whitened)
    load_weights(network, package.weights)
    return network


def squared_rgb(crop_rgb: RgbImage, side_px: int) -> NDArray[np.uint8]:
    """Return a crop on a square as :func:`vision.squaring.squared_rgb` says, resized by torch."""
    return squaring.squared_rgb(crop_rgb, side_px, resized_rgb)


def longest_side_rgb(crop_rgb: RgbImage, side_px: int) -> NDArray[np.uint8]:
    """Return a crop as :func:`vision.squaring.longest_side_rgb` says, resized by torch."""
    return squaring.longest_side_rgb(crop_rgb, side_px, resized_rgb)


def crop_tensor(square_rgb: NDArray[np.uint8]) -> Tensor:
    """Return a squared crop as the normalised tensor ``(3, side, side)`` that the net is fed."""
    return normalised(tensor_from_rgb([square_rgb], torch.device("cpu")))[0]
