"""The detector of torchvision's parts: pictures of any size in, detections in their pixels out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision.ops import batched_nms

from sorter.types import BoxArray, Detections, Label
from vision.networks import (
    DetectorArchitecture,
    DetectorNetwork,
    build_detector,
    resized_rgb,
    tensor_from_rgb,
)
from vision.package import ModelCard, ModelPackage
from vision.ports import RgbImage
from vision.weights import load_weights

LABELS = tuple(label.name.lower() for label in Label)
_SAME_LABEL_IOU = 0.45  # two things on a table seen from above hardly overlap
_ANY_LABEL_IOU = 0.7  # an item in a container overlaps it far less: this is one thing, named twice


class TorchvisionDetector:
    """Finds items and containers with a net of :func:`vision.networks.build_detector`.

    On a CPU each picture passes the net alone, which costs nothing there and makes its answer
    the same to the last bit in every batch; on a GPU pictures of a batch pass it together.
    """

    def __init__(self, card: ModelCard, network: DetectorNetwork, device: torch.device) -> None:
        self._card = card
        self._network = network.eval().to(device)
        self._device = device
        self._threshold = card.score_threshold or 0.0

    @classmethod
    def from_package(cls, package: ModelPackage, device: torch.device) -> TorchvisionDetector:
        """Rebuild the net of a package and fill in its weights.

        Raises:
            InvalidInputError: Architecture or weights do not fit.
        """
        architecture = DetectorArchitecture.from_mapping(package.card.architecture)
        network = build_detector(architecture, len(package.card.labels))
        load_weights(network, package.weights)
        return cls(package.card, network, device)

    @property
    def version(self) -> str:
        """As :class:`vision.ports.Detector` says."""
        return self._card.full_name

    @property
    def score_threshold(self) -> float:
        """Detections below it are dropped."""
        return self._threshold

    def detect(self, images_rgb: Sequence[RgbImage]) -> list[Detections]:
        """As :class:`vision.ports.Detector` says."""
        small = [resized_rgb(image, self._card.input_size_px) for image in images_rgb]
        return [
            self._detections(found, image.shape[1], image.shape[0])
            for found, image in zip(self._forward(small), images_rgb, strict=True)
        ]

    def _forward(self, small_rgb: list[NDArray[np.uint8]]) -> list[dict[str, Tensor]]:
        at_once = 1 if self._device.type == "cpu" else max(1, len(small_rgb))
        found: list[dict[str, Tensor]] = []
        with torch.inference_mode():
            for start in range(0, len(small_rgb), at_once):
                batch = tensor_from_rgb(small_rgb[start : start + at_once], self._device)
                found.extend(self._network(batch)[0])
        return found

    def _detections(self, found: dict[str, Tensor], width_px: int, height_px: int) -> Detections:
        with torch.inference_mode():
            boxes, scores, labels = _without_repeats(found, self._threshold)
        xyxy_px = boxes * self._scale(width_px, height_px)
        np.clip(xyxy_px[:, 0::2], 0, width_px, out=xyxy_px[:, 0::2])
        np.clip(xyxy_px[:, 1::2], 0, height_px, out=xyxy_px[:, 1::2])
        is_box = (xyxy_px[:, 0] < xyxy_px[:, 2]) & (xyxy_px[:, 1] < xyxy_px[:, 3])
        order = np.flatnonzero(is_box)[np.argsort(-scores[is_box], kind="stable")]
        return Detections(xyxy_px[order], labels[order], scores[order])

    def _scale(self, width_px: int, height_px: int) -> BoxArray:
        net_width_px, net_height_px = self._card.input_size_px
        x, y = width_px / net_width_px, height_px / net_height_px
        return np.array([x, y, x, y], np.float32)


def _without_repeats(
    found: dict[str, Tensor], threshold: float
) -> tuple[BoxArray, NDArray[np.float32], NDArray[np.int64]]:
    """Return boxes, scores and labels (from 0 on) above the threshold, each thing once."""
    is_sure = found["scores"] >= threshold
    boxes, scores, labels = (found[name][is_sure] for name in ("boxes", "scores", "labels"))
    keep = batched_nms(boxes, scores, labels, _SAME_LABEL_IOU)
    keep = keep[batched_nms(boxes[keep], scores[keep], torch.zeros_like(keep), _ANY_LABEL_IOU)]
    return (
        boxes[keep].cpu().numpy().astype(np.float32),
        scores[keep].cpu().numpy().astype(np.float32),
        labels[keep].cpu().numpy().astype(np.int64) - 1,
    )
