"""The detector of torchvision's parts, as a pupil."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from sorter.errors import InvalidInputError
from vision.detector import TorchvisionDetector
from vision.model_card import LABELS
from vision.networks import (
    DETECTOR_INPUT_PX,
    POSITIVE_SHARE,
    REGIONS_LEARNT,
    DetectorArchitecture,
    DetectorNetwork,
    build_detector,
    tensor_from_rgb,
)
from vision.package import ModelCard, ModelKind, ModelPackage, Weights
from vision.training.prepared import Labelled
from vision.training.sampling import LikelyFirstSampler
from vision.weights import load_weights, weights_of

_SIDE_STEP_PX = 16  # the stride of the coarsest level


@dataclass(slots=True)
class TorchvisionPupil:
    """A net of :func:`vision.networks.build_detector` that learns.

    Attributes:
        start: Weights to start from; without them, chance.

    Raises:
        InvalidInputError: The weights are of another net.
    """

    card: ModelCard
    device: torch.device
    start: Weights | None = None
    network: DetectorNetwork = field(init=False)

    def __post_init__(self) -> None:
        architecture = DetectorArchitecture.from_mapping(self.card.architecture)
        self.network = build_detector(architecture, len(self.card.labels))
        sampler = LikelyFirstSampler(REGIONS_LEARNT, POSITIVE_SHARE)
        self.network.roi_heads.fg_bg_sampler = sampler
        if self.start is not None:
            load_weights(self.network, self.start)
        self.network.to(self.device)

    def losses(self, pictures: Sequence[Labelled]) -> dict[str, Tensor]:
        """As :class:`vision.training.detector.Pupil` says."""
        targets = [
            {
                "boxes": torch.from_numpy(boxes).to(self.device),
                "labels": torch.from_numpy(labels + 1).to(self.device),  # 0 is the background
            }
            for _, boxes, labels in pictures
        ]
        images = tensor_from_rgb([image for image, _, _ in pictures], self.device)
        losses: dict[str, Tensor] = self.network(images, targets)[1]
        return losses

    def detector(self, score_threshold: float) -> TorchvisionDetector:
        """As :class:`vision.training.detector.Pupil` says."""
        card = replace(self.card, score_threshold=score_threshold)
        return TorchvisionDetector(card, self.network, self.device)

    def package(self, card: ModelCard) -> ModelPackage:
        """As :class:`vision.training.detector.Pupil` says."""
        return ModelPackage(card, weights_of(self.network))


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
