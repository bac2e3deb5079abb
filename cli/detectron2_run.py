"""What a network of Detectron2 starts its training from."""

from __future__ import annotations

from pathlib import Path

import torch

from cli.detector_run import Beginning
from vision.detectron2.config import config_from_text
from vision.detectron2.sources import package_from_yaml, package_from_zoo
from vision.detectron2.zoo import is_zoo_name
from vision.package import ModelKind, ModelPackage, load_package
from vision.training.pupils.compact import compact_config, scale_anchors
from vision.training.pupils.detectron2_pupil import (
    Detectron2Pupil,
    config_to_teach,
    detectron2_card,
)

_YAML = ".yaml"


def detectron2_beginning(
    version: str, start: str, input_size_px: tuple[int, int], device: torch.device
) -> Beginning:
    """Read what to start from.

    Args:
        version: Of the packages that training will leave.
        start: A package's folder, a name of the model zoo, an own ``.yaml`` with weights beside
            it, or "" for a small network with weights by chance.
        input_size_px: Width and height of what the network will be fed.
        device: Where it learns.

    Raises:
        InvalidInputError: It cannot be read.
    """
    package = _package(start) if start else None
    if package is None:
        config = compact_config(input_size_px)
    else:
        config = config_from_text(package.config)
        if not start.endswith(_YAML):  # the zoo's anchors fit the sizes of its own pictures
            scale_anchors(config, input_size_px[0] / package.card.input_size_px[0])
    config = config_to_teach(config)

    def make_pupil(training: dict[str, object]) -> Detectron2Pupil:
        card = detectron2_card(version, training, input_size_px)
        return Detectron2Pupil(card, config, device, package.weights if package else None)

    return Beginning(f"from {package.card.full_name}" if package else "from scratch", make_pupil)


def _package(source: str) -> ModelPackage:
    if not source.endswith(_YAML):
        return load_package(Path(source), ModelKind.DETECTRON2)
    if is_zoo_name(source) and not Path(source).exists():
        return package_from_zoo(source)
    return package_from_yaml(Path(source))
