"""What a network of Detectron2 starts its training from."""

from __future__ import annotations

from pathlib import Path

import torch

from cli.detector_run import Beginning
from vision.detectron2.config import Config, config_from_text
from vision.detectron2.sources import package_from_yaml, package_from_zoo
from vision.detectron2.zoo import is_zoo_name
from vision.networks import DetectorArchitecture
from vision.package import ModelKind, ModelPackage, Weights, load_card, load_package
from vision.training.pupils.carried_over import weights_for_compact
from vision.training.pupils.compact import compact_config, fresh_architecture, scale_anchors
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
        start: The folder of a package, of Detectron2 or of a detector of ours; a name of the
            model zoo; an own ``.yaml`` with weights beside it; or "" for a small network with
            weights by chance.
        input_size_px: Width and height of what the network will be fed.
        device: Where it learns.

    Raises:
        InvalidInputError: It cannot be read.
    """
    words, config, weights = _start(start, input_size_px)

    def make_pupil(training: dict[str, object]) -> Detectron2Pupil:
        card = detectron2_card(version, training, input_size_px)
        return Detectron2Pupil(card, config, device, weights)

    return Beginning(words, make_pupil)


def _start(source: str, input_size_px: tuple[int, int]) -> tuple[str, Config, Weights | None]:
    """Return in words what it is, the network's configuration for that input, and its weights."""
    if not source:
        return (
            "from scratch",
            config_to_teach(compact_config(fresh_architecture(input_size_px))),
            None,
        )
    package = _package(source)
    if package.card.kind is ModelKind.DETECTOR:
        architecture = DetectorArchitecture.from_mapping(package.card.architecture)
        config = config_to_teach(compact_config(architecture))
        weights = weights_for_compact(package, config)
    else:
        config, weights = config_to_teach(config_from_text(package.config)), package.weights
    if not source.endswith(_YAML):  # the zoo's anchors fit the sizes of its own pictures
        scale_anchors(config, input_size_px[0] / package.card.input_size_px[0])
    return f"from {package.card.full_name}", config, weights


def _package(source: str) -> ModelPackage:
    if not source.endswith(_YAML):
        is_ours = load_card(Path(source)).kind is ModelKind.DETECTOR
        return load_package(Path(source), ModelKind.DETECTOR if is_ours else ModelKind.DETECTRON2)
    if is_zoo_name(source) and not Path(source).exists():
        return package_from_zoo(source)
    return package_from_yaml(Path(source))
