"""The one door through which detectors and embedders are loaded, by a text that names them.

A network's library is imported when a source needs it, and not before.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from sorter.errors import InvalidInputError
from vision.fitting import SizePx
from vision.model_card import LABELS, MODEL_FILE, ModelKind, Runtime
from vision.package import ModelPackage, load_card, load_package
from vision.ports import Detector, Embedder
from vision.stand_in import StandInDetector, StandInEmbedder, is_stand_in

IMAGENET = "imagenet"
DETECTRON2 = "detectron2"
_SHIPPED = Path(__file__).parent / "packages"


class LoadedDetector(Detector, Protocol):
    """A detector of a package, which says what it drops."""

    @property
    def score_threshold(self) -> float:
        """Detections below it are dropped."""
        ...


def load_detector(
    source: str = "",
    device: str = "auto",
    score_threshold: float | None = None,
    input_size_px: SizePx | None = None,
) -> LoadedDetector:
    """Load the detector that ``source`` names.

    Args:
        source: "" for the shipped one; ``detectron2`` for the shipped one of that library; the
            folder of a model package; a name of Detectron2's model zoo, as
            ``COCO-Detection/faster_rcnn_R_50_FPN_3x.yaml``; or a ``.yaml`` of Detectron2 with
            its weights beside it; or ``stand-in``, with options, where faults are injected.
        device: ``auto``, or a device as torch spells it; for an exported package ``openvino``,
            too.
        score_threshold: Takes the place of the package's own.
        input_size_px: So does this, width and height.

    Raises:
        InvalidInputError: The source is missing or broken, or needs a library that is not
            installed; the message names file and field, or the command that installs it.
    """
    if is_stand_in(source):
        return StandInDetector.from_source(source)
    package = load_detector_package(source)
    wished: dict[str, Any] = {"score_threshold": score_threshold, "input_size_px": input_size_px}
    card = replace(package.card, **{n: value for n, value in wished.items() if value is not None})
    if card.runtime is Runtime.TORCH and card.input_size_px != package.card.input_size_px:
        package = replace(package, graph=b"")  # it takes the package's own size alone
    return detector_of(replace(package, card=card), device)


def load_detector_package(source: str) -> ModelPackage:
    """Read the package that ``source`` names, and make no network of it.

    Raises:
        InvalidInputError: As :func:`load_detector` says.
    """
    if source.endswith(".yaml"):
        return _detectron2_package(source)
    folder = detector_folder(source)
    card = load_card(folder)
    kind = ModelKind.DETECTOR if card.kind is ModelKind.EMBEDDER else card.kind
    package = load_package(folder, kind, runtime=None)  # which refuses an embedder by its name
    if card.kind is ModelKind.DETECTOR and card.labels != LABELS:
        raise InvalidInputError(f"{folder / MODEL_FILE}: field labels must be {list(LABELS)}")
    return package


def load_embedder(source: str = "", device: str = "auto") -> Embedder:
    """Load the embedder that ``source`` names.

    Args:
        source: A package's folder, "" for the shipped one, or ``imagenet`` for torchvision's
            ResNet18, whose weights are downloaded once, or ``stand-in``.
        device: As :func:`load_detector` takes it.

    Raises:
        InvalidInputError: The package is missing or broken, or the weights of ``imagenet``
            cannot be downloaded.
    """
    if is_stand_in(source):
        return StandInEmbedder()
    if source == IMAGENET:
        from vision.device import device_from_name
        from vision.imagenet import imagenet_embedder

        return imagenet_embedder(device_from_name(device))
    folder = Path(source) if source else _SHIPPED / "embedder"
    return embedder_of(load_package(folder, ModelKind.EMBEDDER, runtime=None), device)


def embedder_of(package: ModelPackage, device: str) -> Embedder:
    """Make a package's embedder ready with what can run it."""
    if package.card.runtime is Runtime.ONNX:
        from vision.onnx.embedder import OnnxEmbedder

        return OnnxEmbedder.from_package(package, device)
    from vision.beside import embedder_by_graph, runs_by_graph
    from vision.device import device_from_name
    from vision.embedder import ResNet18Embedder

    place = device_from_name(device)
    if runs_by_graph(package, place):
        return embedder_by_graph(package)
    return ResNet18Embedder.from_package(package, place)


def detector_folder(source: str) -> Path:
    """Return the folder of a detector's package: that of the source, or a shipped one."""
    if source in ("", DETECTRON2):
        return _SHIPPED / (source or "detector")
    return Path(source)


def _detectron2_package(source: str) -> ModelPackage:
    """Make the package of an own ``.yaml``, or of a name of the model zoo."""
    from vision.detectron2.sources import package_from_yaml, package_from_zoo
    from vision.detectron2.zoo import is_zoo_name

    path = Path(source)
    if is_zoo_name(source) and not path.exists():
        return package_from_zoo(source)
    return package_from_yaml(path)


def detector_of(package: ModelPackage, device: str) -> LoadedDetector:
    """Make a package's detector ready with what can run it."""
    card = package.card
    if card.runtime is Runtime.ONNX:
        from vision.onnx.detector import OnnxDetector

        return OnnxDetector.from_package(package, device)
    from vision.device import device_from_name

    if card.kind is ModelKind.DETECTRON2:
        from vision.detectron2.detector import Detectron2Detector

        return Detectron2Detector.from_package(package, device_from_name(device))
    from vision.beside import detector_by_graph, runs_by_graph
    from vision.detector import TorchvisionDetector

    place = device_from_name(device)
    if runs_by_graph(package, place):
        return detector_by_graph(package)
    return TorchvisionDetector.from_package(package, place)
