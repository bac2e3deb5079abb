"""A network of Detectron2, as a pupil."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sorter.errors import InvalidInputError
from vision.detectron2.config import Config, build_network, is_bgr, text_from_config
from vision.detectron2.detector import Detectron2Detector
from vision.detectron2.library import Boxes, EventStorage, Instances
from vision.evaluation import EVALUATION_THRESHOLD
from vision.model_card import LABELS
from vision.package import ModelCard, ModelKind, ModelPackage, Weights
from vision.training.prepared import Labelled
from vision.weights import weights_of


@dataclass(slots=True)
class Detectron2Pupil:
    """A network of Detectron2 that learns, of any architecture that its library can train.

    Attributes:
        config: Its number of classes is that of the card's labels.
        start: Weights to start from; without them, chance.

    Raises:
        InvalidInputError: The weights are of another network.
    """

    card: ModelCard
    config: Config
    device: torch.device
    start: Weights | None = None
    network: nn.Module = field(init=False)

    def __post_init__(self) -> None:
        self.network = build_network(self.config, EVALUATION_THRESHOLD)
        if self.start is not None:
            load_what_fits(self.network, self.start)
        self.network.to(self.device)
        # Faster on CPUs by a tenth. The stubs of ``to`` leave memory_format out.
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def losses(self, pictures: Sequence[Labelled]) -> dict[str, Tensor]:
        """As :class:`vision.training.detector.Pupil` says."""
        with EventStorage():  # the library counts what it sees, and asks for a place to write to
            losses: dict[str, Tensor] = self.network([self._fed(one) for one in pictures])
        return losses

    def detector(self, score_threshold: float) -> Detectron2Detector:
        """As :class:`vision.training.detector.Pupil` says."""
        card = replace(self.card, score_threshold=score_threshold)
        return Detectron2Detector(card, self.network, self.device, is_bgr=is_bgr(self.config))

    def package(self, card: ModelCard) -> ModelPackage:
        """As :class:`vision.training.detector.Pupil` says."""
        return ModelPackage(card, weights_of(self.network), text_from_config(self.config))

    def _fed(self, picture: Labelled) -> dict[str, Any]:
        image_rgb, boxes, labels = picture
        told = Instances(image_rgb.shape[:2])
        told.gt_boxes = Boxes(torch.from_numpy(boxes))
        told.gt_classes = torch.from_numpy(labels)
        image = image_rgb[..., ::-1] if is_bgr(self.config) else image_rgb
        planes = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)
        return {"image": planes.to(self.device), "instances": told.to(self.device)}


def detectron2_card(
    version: str, training: dict[str, Any], input_size_px: tuple[int, int]
) -> ModelCard:
    """Return the card of a network of Detectron2 about to be trained on items and containers."""
    return ModelCard(
        name="sorterbot-detectron2",
        version=version,
        kind=ModelKind.DETECTRON2,
        labels=LABELS,
        input_size_px=input_size_px,
        score_threshold=0.5,
        training=training,
        label_map={label: label for label in LABELS},
    )


def config_to_teach(config: Config) -> Config:
    """Return the configuration of the same network, for items and containers alone."""
    config = config.clone()
    config.defrost()
    config.MODEL.ROI_HEADS.NUM_CLASSES = len(LABELS)
    config.MODEL.RETINANET.NUM_CLASSES = len(LABELS)
    return config


def load_what_fits(network: nn.Module, weights: Weights) -> None:
    """Fill a network with weights; the last layers of one with other classes stay as they are.

    Raises:
        InvalidInputError: A weight is missing, so that these are of another network.
    """
    own = network.state_dict()
    missing = sorted(own.keys() - weights.keys())
    if missing:
        raise InvalidInputError(
            f"the weights to start from are of another network: {len(missing)} of "
            f"{len(own)} are missing, such as {missing[0]}"
        )
    fitting = {
        name: torch.from_numpy(np.array(weights[name]))
        for name, value in own.items()
        if tuple(value.shape) == weights[name].shape
    }
    network.load_state_dict(fitting, strict=False)
