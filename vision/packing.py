"""Model packages made of a configuration and a file of weights, and tried out."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from sorter.errors import InvalidInputError
from sorter.types import Label
from vision.load import load_detector, load_embedder
from vision.model_card import ModelCard, ModelKind, Runtime, card_from_document
from vision.package import ModelPackage, load_card
from vision.ports import RgbImage

_NO_CHECKSUM = "0" * 64
_UNSAID: Mapping[str, Any] = {"format": 1, "architecture": {}, "training": {}, "scores": {}}
_CHECKSUMS = ("weights_sha256", "config_sha256", "graph_sha256")

Look = Callable[[RgbImage], str]
"""Shows a loaded model a picture, and tells in words what it answers."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a package is made of.

    Attributes:
        config: ``.yaml`` of a network of Detectron2, by a path or its name in the model zoo; or
            ``.json`` with the fields of ``model.json`` for a net of ours, checksums left out.
        weights: ``.safetensors`` or ``.pth``; for Detectron2 ``.pkl``, too.
        label_map: For Detectron2: the role of every class, in the order of the outputs. Without
            it, that of COCO.
    """

    config: str
    weights: Path
    label_map: Path | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """What a package did with one picture.

    Attributes:
        answer: In words: what was found, or how many values a picture is turned into.
        seconds: That the second look at the picture took.
        megabytes: Of all files of the package.
    """

    card: ModelCard
    answer: str
    seconds: float
    megabytes: float


def make_package(parts: Parts, **fields: Any) -> ModelPackage:
    """Return the package that its parts make up; whether it works is for a trial to tell.

    Args:
        parts: Files that are there.
        fields: Of the card, in place of what the configuration says.

    Raises:
        InvalidInputError: A file is missing or broken, or parts do not fit each other.
    """
    is_of_detectron2 = parts.config.endswith(".yaml")
    if parts.label_map is not None and not is_of_detectron2:
        raise InvalidInputError("a label map is for a network of Detectron2, a .yaml")
    package = _of_detectron2(parts) if is_of_detectron2 else _of_ours(parts)
    return replace(package, card=replace(package.card, **fields))


def try_package(folder: Path, image_rgb: RgbImage, device: str = "auto") -> Trial:
    """Load a package as a worker does, and show it a picture.

    Raises:
        InvalidInputError: It cannot be loaded, or its answer is none.
    """
    card = load_card(folder)
    load = _load_embedder if card.kind is ModelKind.EMBEDDER else _load_detector
    look = load(folder, device)
    look(image_rgb)  # the first look takes longer
    begun_s = perf_counter()
    answer = look(image_rgb)
    seconds = perf_counter() - begun_s
    megabytes = sum(path.stat().st_size for path in folder.iterdir() if path.is_file()) / 1e6
    return Trial(card, answer, seconds, megabytes)


def _load_detector(folder: Path, device: str) -> Look:
    detector = load_detector(str(folder), device)

    def look(image_rgb: RgbImage) -> str:
        (found,) = detector.detect([image_rgb])
        return ", ".join(
            f"{int((found.labels == label).sum())} {label.name.lower()}s" for label in Label
        )

    return look


def _load_embedder(folder: Path, device: str) -> Look:
    embedder = load_embedder(str(folder), device)

    def look(image_rgb: RgbImage) -> str:
        values = embedder.embed([image_rgb])
        if not np.isfinite(values).all():
            raise InvalidInputError(f"{folder}: turns a picture into values that are not finite")
        return f"{values.shape[1]} values"

    return look


def _of_ours(parts: Parts) -> ModelPackage:
    from vision.weight_files import tensors_from_file

    path = Path(parts.config)
    said = {name: value for name, value in _read_json(path).items() if name not in _CHECKSUMS}
    card = card_from_document({**_UNSAID, **said, "weights_sha256": _NO_CHECKSUM}, path)
    if card.runtime is not Runtime.TORCH:
        raise InvalidInputError(f"{path}: a package of runtime {card.runtime} comes from export")
    tensors = tensors_from_file(parts.weights)
    floats = {name: t.float() if t.is_floating_point() else t for name, t in tensors.items()}
    return ModelPackage(card, {name: tensor.numpy() for name, tensor in floats.items()})


def _of_detectron2(parts: Parts) -> ModelPackage:
    from vision.detectron2.config import config_from_file, n_classes
    from vision.detectron2.sources import make_package as package_of
    from vision.detectron2.zoo import is_zoo_name, zoo_config_path
    from vision.label_maps import COCO, load_label_map

    path = Path(parts.config)
    is_of_zoo = is_zoo_name(parts.config) and not path.exists()
    config = config_from_file(
        zoo_config_path(parts.config) if is_of_zoo else path, is_trusted=is_of_zoo
    )
    label_map = load_label_map(parts.label_map or COCO)
    if len(label_map) != n_classes(config):
        raise InvalidInputError(
            f"{parts.label_map or COCO.name}: has {len(label_map)} classes, and the network of "
            f"{parts.config} {n_classes(config)}"
        )
    return package_of(config, parts.weights, label_map, path.stem, "1.0.0")


def _read_json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise InvalidInputError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"{path}: not JSON: {error}") from error
    if not isinstance(document, dict):
        raise InvalidInputError(f"{path}: not a JSON object")
    return document
