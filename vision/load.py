"""The one door through which detectors and embedders are loaded, by a text that names them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn
from torchvision.models import ResNet18_Weights, resnet18

from sorter.errors import InvalidInputError
from vision.detector import LABELS, TorchvisionDetector
from vision.embedder import ResNet18Embedder
from vision.package import MODEL_FILE, ModelKind, ModelPackage, load_package
from vision.ports import Embedder, RgbImage

IMAGENET = "imagenet"
_SHIPPED = Path(__file__).parent / "packages"


def load_detector(
    source: str = "", device: str = "auto", score_threshold: float | None = None
) -> TorchvisionDetector:
    """Load the detector that ``source`` names: a package's folder, or "" for the shipped one.

    Args:
        source: The folder, or "".
        device: ``auto``, or a device as torch spells it.
        score_threshold: Takes the place of the package's own.

    Raises:
        InvalidInputError: The package is missing or broken; the message names file and field.
    """
    folder = Path(source) if source else _SHIPPED / "detector"
    package = load_package(folder, ModelKind.DETECTOR)
    if package.card.labels != LABELS:
        raise InvalidInputError(f"{folder / MODEL_FILE}: field labels must be {list(LABELS)}")
    if score_threshold is not None:
        card = replace(package.card, score_threshold=score_threshold)
        package = ModelPackage(card, package.weights)
    return TorchvisionDetector.from_package(package, device_from_name(device))


def load_embedder(source: str = "", device: str = "auto") -> Embedder:
    """Load the embedder that ``source`` names.

    Args:
        source: A package's folder, "" for the shipped one, or ``imagenet`` for torchvision's
            ResNet18, whose weights are downloaded once.
        device: ``auto``, or a device as torch spells it.

    Raises:
        InvalidInputError: The package is missing or broken, or the weights of ``imagenet``
            cannot be downloaded.
    """
    if source == IMAGENET:
        return _load_imagenet(device_from_name(device))
    folder = Path(source) if source else _SHIPPED / "embedder"
    package = load_package(folder, ModelKind.EMBEDDER)
    return ResNet18Embedder.from_package(package, device_from_name(device))


def device_from_name(name: str) -> torch.device:
    """Return the device of a name as torch spells it; ``auto`` takes a GPU where there is one."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.device(name)
    except RuntimeError as error:
        raise InvalidInputError(f"no such device: {name}") from error


def _load_imagenet(device: torch.device) -> ResNet18Embedder:
    weights = ResNet18_Weights.IMAGENET1K_V1
    try:
        state = weights.get_state_dict(progress=False, check_hash=True, weights_only=True)
    except (OSError, RuntimeError) as error:
        raise InvalidInputError(
            f"imagenet: torchvision's ResNet18 weights could not be downloaded from "
            f"{weights.url}; give the folder of a model package instead ({error})"
        ) from error
    network = resnet18(weights=None)
    network.load_state_dict(state)
    network.fc = nn.Identity()
    transform = weights.transforms()

    def prepare(crop_rgb: RgbImage) -> Tensor:
        prepared: Tensor = transform(torch.tensor(crop_rgb).permute(2, 0, 1))
        return prepared

    return ResNet18Embedder("torchvision-resnet18@IMAGENET1K_V1", network, prepare, device)
