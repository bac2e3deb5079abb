"""The detector of Detectron2's networks: pictures of any size in, items and containers out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sorter.errors import InvalidInputError
from sorter.types import Detections
from vision.detectron2.config import build_network, config_from_text, is_bgr, n_classes
from vision.device import run_on_device
from vision.fitting import SizePx, fitted_size
from vision.model_card import MODEL_FILE, ModelCard
from vision.package import ModelPackage
from vision.packaged import PackagedDetector
from vision.ports import RgbImage
from vision.postprocessing import RawBoxes, detections_from_boxes
from vision.resizing import resized_batch
from vision.weights import load_weights


class Detectron2Detector(PackagedDetector):
    """Finds items and containers with a network of Detectron2.

    Pictures keep their proportions: each is fitted into the package's input size, and those that
    end at the same size pass the network together. On a CPU each passes alone, which costs
    nothing there and makes its answer the same to the last bit in every batch.
    """

    def __init__(
        self,
        card: ModelCard,
        network: nn.Module,
        device: torch.device,
        *,
        is_bgr: bool,
        is_half: bool | None = None,
    ) -> None:
        """Take a filled network; ``is_half`` computes in half precision, as GPUs do by default."""
        super().__init__(card)
        self._labels = card.class_labels()
        self._network = network.eval().to(device)
        self._network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._device = device
        self._is_bgr = is_bgr
        self._is_half = device.type == "cuda" if is_half is None else is_half

    @classmethod
    def from_package(
        cls, package: ModelPackage, device: torch.device, *, is_half: bool | None = None
    ) -> Detectron2Detector:
        """Rebuild the network of a package and fill in its weights.

        Raises:
            InvalidInputError: Configuration, weights and labels do not fit each other.
        """
        card = package.card
        config = config_from_text(package.config)
        if n_classes(config) != len(card.labels):
            raise InvalidInputError(
                f"{MODEL_FILE}: field labels has {len(card.labels)} names, and the network "
                f"{n_classes(config)} classes"
            )
        network = build_network(config, card.score_threshold or 0.0)
        load_weights(network, package.weights)
        return cls(card, network, device, is_bgr=is_bgr(config), is_half=is_half)

    def detect(self, images_rgb: Sequence[RgbImage]) -> list[Detections]:
        """As :class:`vision.ports.Detector` says."""
        sizes = [(image.shape[1], image.shape[0]) for image in images_rgb]
        fed = [fitted_size(size, self._card.input_size_px) for size in sizes]
        found: dict[int, RawBoxes] = {}
        for rows in self._batches(fed):
            batch = [images_rgb[row] for row in rows]
            answers = run_on_device(partial(self._forward, batch, fed[rows[0]]))
            found.update(zip(rows, answers, strict=True))
        return [
            detections_from_boxes(found[row], self._threshold, fed[row], sizes[row])
            for row in range(len(sizes))
        ]

    def _batches(self, fed: Sequence[SizePx]) -> Iterator[list[int]]:
        """Yield the rows that pass the network together: those of one size."""
        rows_of: dict[SizePx, list[int]] = {}
        for row, size in enumerate(fed):
            rows_of.setdefault(size, []).append(row)
        for rows in rows_of.values():
            if self._device.type == "cpu":
                yield from ([row] for row in rows)
            else:
                yield rows

    def _forward(self, images_rgb: Sequence[RgbImage], size_px: SizePx) -> list[RawBoxes]:
        with torch.inference_mode():
            batch = resized_batch(images_rgb, size_px, self._device)
            if self._is_bgr:
                batch = batch.flip(1)
            with torch.autocast(self._device.type, torch.float16, enabled=self._is_half):
                answers = self._network([{"image": image} for image in batch])
            return self._on_host([answer["instances"] for answer in answers])

    def _on_host(self, answers: Sequence[Any]) -> list[RawBoxes]:
        """Bring the answers of a batch to the host in one piece: it waits for the device once."""
        columns = torch.cat([_columns(answer) for answer in answers]).cpu().numpy()
        ends = np.cumsum([len(answer.scores) for answer in answers])
        return [
            RawBoxes(rows[:, :4], rows[:, 4], self._labels[rows[:, 5].astype(np.int64)])
            for rows in np.split(columns, ends[:-1])
        ]


def _columns(answer: Any) -> Tensor:
    """Return what a network found in a picture as ``(n, 6)`` float32: box, score, class."""
    parts = (answer.pred_boxes.tensor, answer.scores[:, None], answer.pred_classes[:, None])
    return torch.cat([part.float() for part in parts], dim=1)
