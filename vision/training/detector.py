"""Teaching the detector from labelled views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sorter.errors import InvalidInputError
from sorter.types import Label
from vision.detector import LABELS, TorchvisionDetector
from vision.evaluation import (
    Judged,
    best_threshold,
    detect_all,
    match_detections,
    score_detections,
)
from vision.networks import (
    DETECTOR_INPUT_PX,
    POSITIVE_SHARE,
    REGIONS_LEARNT,
    DetectorArchitecture,
    DetectorNetwork,
    build_detector,
    tensor_from_rgb,
)
from vision.package import ModelCard, ModelKind, ModelPackage, Weights, save_package
from vision.training.augment import varied_view
from vision.training.loop import Scores
from vision.training.photographs import Photographs
from vision.training.prepared import PreparedViews
from vision.training.sampling import LikelyFirstSampler
from vision.weights import load_weights, weights_of

EVALUATION_THRESHOLD = 0.02  # average precision needs the unsure detections too
MOST_FALSE_BOXES = 0.8
"""A photograph, at a new package's threshold; a little below the one that is promised."""

_SIDE_STEP_PX = 16  # the stride of the coarsest level


@dataclass(slots=True)
class DetectorLesson:
    """What the training loop needs to teach a detector; the best one is kept as a package.

    Attributes:
        card: What the package will say of itself; scores and threshold are filled in.
        views: Training views at the net's input size.
        judges: Validation views, none of them among ``views``.
        folder: Where the best package goes.
        photographs: Take the place of some views of each batch, and judge beside the views.
        start: Weights to start from; without them, chance.
    """

    card: ModelCard
    views: PreparedViews
    judges: PreparedViews
    folder: Path
    device: torch.device
    photographs: Photographs = field(default_factory=Photographs)
    start: Weights | None = None
    judged_by: str = field(init=False)
    network: DetectorNetwork = field(init=False)
    _threshold: float = field(init=False, default=0.5)

    def __post_init__(self) -> None:
        self.judged_by = "mean_of_both" if self.photographs.judges else "ap50_95"
        architecture = DetectorArchitecture.from_mapping(self.card.architecture)
        self.network = build_detector(architecture, len(self.card.labels))
        sampler = LikelyFirstSampler(REGIONS_LEARNT, POSITIVE_SHARE)
        self.network.roi_heads.fg_bg_sampler = sampler
        if self.start is not None:
            load_weights(self.network, self.start)
        self.network.to(self.device)

    @property
    def n_examples(self) -> int:
        """How many views one epoch has."""
        return len(self.views)

    def loss(self, indices: NDArray[np.int64], rng: np.random.Generator) -> dict[str, Tensor]:
        """As :class:`vision.training.loop.Lesson` says."""
        n_photographs = self.photographs.how_many(len(indices), rng)
        pictures = [
            self.photographs.draw(self.card.input_size_px, rng) for _ in range(n_photographs)
        ]
        for index in indices[n_photographs:]:
            image, boxes, labels = self.views[int(index)]
            pictures.append((*varied_view(image, boxes, rng), labels))
        targets = [
            {
                "boxes": torch.from_numpy(boxes).to(self.device),
                "labels": torch.from_numpy(labels + 1).to(self.device),
            }
            for _, boxes, labels in pictures
        ]
        images = tensor_from_rgb([image for image, _, _ in pictures], self.device)
        losses: dict[str, Tensor] = self.network(images, targets)[1]
        return losses

    def evaluate(self) -> dict[str, float]:
        """As :class:`vision.training.loop.Lesson` says.

        Photographs are judged by ``ap50`` of items: their labels are drawn less exactly than
        those of rendered views.
        """
        views = self._judged(self.judges)
        photographs = [self._judged(one, MOST_FALSE_BOXES) for one in self.photographs.judges]
        scores = score_detections(views.found, views.truth)
        flat = {"ap50": scores.ap50, "ap50_95": scores.ap50_95}
        flat |= {f"ap50_{label}": value for label, value in scores.ap50_by_label.items()}
        self._threshold = best_threshold(views, *photographs)
        if photographs:
            flat |= self._scores_of_photographs(photographs)
            flat["mean_of_both"] = (scores.ap50_95 + flat["ap50_photographs"]) / 2
        return flat

    def save_best(self, scores: Scores, step: int) -> None:
        """As :class:`vision.training.loop.Lesson` says."""
        card = replace(
            self.card,
            score_threshold=self._threshold,
            training={**self.card.training, "best_step": step},
            scores={"validation": dict(scores)},
        )
        save_package(ModelPackage(card, weights_of(self.network)), self.folder)

    def _judged(self, judges: PreparedViews, most_false_boxes: float = float("inf")) -> Judged:
        self.network.eval()
        card = replace(self.card, score_threshold=EVALUATION_THRESHOLD)
        found, truth, _ = detect_all(TorchvisionDetector(card, self.network, self.device), judges)
        return Judged(found, truth, most_false_boxes)

    def _scores_of_photographs(self, photographs: Sequence[Judged]) -> dict[str, float]:
        item = Label.ITEM.name.lower()
        ap50 = [score_detections(one.found, one.truth).ap50_by_label[item] for one in photographs]
        matches = [match_detections(one.found, one.truth, self._threshold) for one in photographs]
        return {
            "ap50_photographs": float(np.mean(ap50)),
            "false_boxes_a_photograph": max(match.false_boxes_a_picture for match in matches),
        }


def detector_card(
    version: str,
    training: dict[str, Any],
    input_size_px: tuple[int, int] = DETECTOR_INPUT_PX,
    like: ModelCard | None = None,
) -> ModelCard:
    """Return the card of a detector about to be trained.

    Args:
        version: Of the package.
        training: What the card tells of its training.
        input_size_px: Width and height, multiples of 16; anchors grow with the width.
        like: A detector whose net it shares, and may start from; without it, a net of our own.

    Raises:
        InvalidInputError: The input is too small, or its sides are not multiples of 16.
    """
    if min(input_size_px) < _SIDE_STEP_PX or any(side % _SIDE_STEP_PX for side in input_size_px):
        raise InvalidInputError(f"sides of the input are multiples of {_SIDE_STEP_PX} pixels")
    architecture, width_px = DetectorArchitecture(), DETECTOR_INPUT_PX[0]
    if like is not None:
        architecture = DetectorArchitecture.from_mapping(like.architecture)
        width_px = like.input_size_px[0]
    return ModelCard(
        name="sorterbot-detector",
        version=version,
        kind=ModelKind.DETECTOR,
        labels=LABELS,
        input_size_px=input_size_px,
        score_threshold=0.5,
        architecture=architecture.scaled(input_size_px[0] / width_px).to_mapping(),
        training=training,
    )
