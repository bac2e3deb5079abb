"""Teaching the detector from labelled views."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vision.detector import LABELS, TorchvisionDetector
from vision.evaluation import best_threshold, detect_all, score_detections
from vision.networks import (
    DetectorArchitecture,
    DetectorNetwork,
    build_detector,
    tensor_from_rgb,
)
from vision.package import ModelCard, ModelKind, ModelPackage, save_package
from vision.training.augment import varied_view
from vision.training.loop import Scores
from vision.training.prepared import PreparedViews
from vision.weights import weights_of

EVALUATION_THRESHOLD = 0.02  # average precision needs the unsure detections too


@dataclass(slots=True)
class DetectorLesson:
    """What the training loop needs to teach a detector; the best one is kept as a package.

    Attributes:
        card: What the package will say of itself; scores and threshold are filled in.
        views: Training views at the net's input size.
        judges: Validation views, none of them among ``views``.
        folder: Where the best package goes.
    """

    card: ModelCard
    views: PreparedViews
    judges: PreparedViews
    folder: Path
    device: torch.device
    judged_by: str = "ap50_95"
    network: DetectorNetwork = field(init=False)

    def __post_init__(self) -> None:
        architecture = DetectorArchitecture.from_mapping(self.card.architecture)
        self.network = build_detector(architecture, len(self.card.labels)).to(self.device)

    @property
    def n_examples(self) -> int:
        """How many views one epoch has."""
        return len(self.views)

    def loss(self, indices: NDArray[np.int64], rng: np.random.Generator) -> dict[str, Tensor]:
        """As :class:`vision.training.loop.Lesson` says."""
        images: list[NDArray[np.uint8]] = []
        targets: list[dict[str, Tensor]] = []
        for index in indices:
            image, boxes, labels = self.views[int(index)]
            image, boxes = varied_view(image, boxes, rng)
            images.append(image)
            targets.append(
                {
                    "boxes": torch.from_numpy(boxes).to(self.device),
                    "labels": torch.from_numpy(labels + 1).to(self.device),
                }
            )
        losses: dict[str, Tensor] = self.network(tensor_from_rgb(images, self.device), targets)[1]
        return losses

    def evaluate(self) -> dict[str, float]:
        """As :class:`vision.training.loop.Lesson` says."""
        return self._measured()[1]

    def save_best(self, scores: Scores, step: int) -> None:
        """As :class:`vision.training.loop.Lesson` says."""
        threshold = self._measured()[0]
        card = replace(
            self.card,
            score_threshold=threshold,
            training={**self.card.training, "best_step": step},
            scores={"validation": dict(scores)},
        )
        save_package(ModelPackage(card, weights_of(self.network)), self.folder)

    def _measured(self) -> tuple[float, dict[str, float]]:
        self.network.eval()
        card = replace(self.card, score_threshold=EVALUATION_THRESHOLD)
        detector = TorchvisionDetector(card, self.network, self.device)
        found, truth, _ = detect_all(detector, self.judges)
        scores = score_detections(found, truth)
        flat = {"ap50": scores.ap50, "ap50_95": scores.ap50_95}
        flat |= {f"ap50_{label}": value for label, value in scores.ap50_by_label.items()}
        return best_threshold(found, truth), flat


def detector_card(version: str, training: dict[str, Any]) -> ModelCard:
    """Return the card of a detector about to be trained: input 320 x 240, own architecture."""
    return ModelCard(
        name="sorterbot-detector",
        version=version,
        kind=ModelKind.DETECTOR,
        labels=LABELS,
        input_size_px=(320, 240),
        score_threshold=0.5,
        architecture=DetectorArchitecture().to_mapping(),
        training=training,
    )
