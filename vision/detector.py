"""The detector of torchvision's parts: pictures of any size in, detections in their pixels out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from sorter.types import Detections
from vision.device import run_on_device
from vision.model_card import LABELS as LABELS
from vision.networks import DetectorArchitecture, DetectorNetwork, build_detector
from vision.package import ModelCard, ModelPackage
from vision.packaged import PackagedDetector
from vision.ports import RgbImage
from vision.postprocessing import RawBoxes, detections_from_boxes
from vision.resizing import resized_batch
from vision.weights import load_weights


class TorchvisionDetector(PackagedDetector):
    """Finds items and containers with a net of :func:`vision.networks.build_detector`.

    On a CPU each picture passes the net alone, which costs nothing there and makes its answer
    the same to the last bit in every batch; on a GPU pictures of a batch pass it together.
    """

    def __init__(self, card: ModelCard, network: DetectorNetwork, device: torch.device) -> None:
        super().__init__(card)
        self._network = network.eval().to(device)
        self._device = device

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

    def detect(self, images_rgb: Sequence[RgbImage]) -> list[Detections]:
        """As :class:`vision.ports.Detector` says."""
        found = run_on_device(lambda: self._forward(images_rgb))
        sizes = [(image.shape[1], image.shape[0]) for image in images_rgb]
        return [
            detections_from_boxes(boxes, self._threshold, self._card.input_size_px, picture_px)
            for boxes, picture_px in zip(found, sizes, strict=True)
        ]

    def _forward(self, images_rgb: Sequence[RgbImage]) -> list[RawBoxes]:
        at_once = 1 if self._device.type == "cpu" else max(1, len(images_rgb))
        found: list[RawBoxes] = []
        with torch.inference_mode():
            for start in range(0, len(images_rgb), at_once):
                batch = resized_batch(
                    images_rgb[start : start + at_once], self._card.input_size_px, self._device
                )
                found.extend(_raw_boxes(answer) for answer in self._network(batch / 255.0)[0])
        return found


def _raw_boxes(found: dict[str, Tensor]) -> RawBoxes:
    """Return a picture's answer on the host; the net counts labels from 1 on."""
    boxes, scores, labels = (found[name].cpu().numpy() for name in ("boxes", "scores", "labels"))
    return RawBoxes(
        boxes.astype(np.float32), scores.astype(np.float32), labels.astype(np.int64) - 1
    )
