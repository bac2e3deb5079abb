"""What ``model.json`` says: the card of a model, its JSON form, and what is wrong with one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from sorter.errors import InvalidInputError
from sorter.types import Label, LabelArray
from vision.ports import IGNORED

MODEL_FILE = "model.json"
_FORMAT = 1


class ModelKind(StrEnum):
    """What a package holds, and so which code may load it."""

    DETECTOR = "torchvision-faster-rcnn"
    EMBEDDER = "resnet18-embedder"
    DETECTRON2 = "detectron2"


class Runtime(StrEnum):
    """What a package's weights are written for: torch, or whatever runs ONNX without it."""

    TORCH = "torch"
    ONNX = "onnx"


LABELS = tuple(label.name.lower() for label in Label)
"""What a detector of our own finds, in the order of its outputs."""

DETECTOR_KINDS = (ModelKind.DETECTOR, ModelKind.DETECTRON2)


class Role(StrEnum):
    """What a class that a network knows is to the robots."""

    ITEM = "item"
    CONTAINER = "container"
    IGNORE = "ignore"


_LABEL_OF_ROLE = {
    Role.ITEM: int(Label.ITEM),
    Role.CONTAINER: int(Label.CONTAINER),
    Role.IGNORE: IGNORED,
}


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What ``model.json`` says of the weights beside it.

    Attributes:
        labels: What a detector finds, in the order of its outputs; for an embedder, the kinds
            that it was taught to tell apart.
        input_size_px: Width and height of what the net is fed.
        score_threshold: Detections below it are dropped; ``None`` for an embedder.
        architecture: The numbers that rebuild the net.
        training: How the weights came about: seed, steps, views and the like.
        scores: What was measured on pictures that training never saw.
        label_map: Of a network with classes of its own: each class that is an item or a
            container, by its name in ``labels``, with its :class:`Role`. A class that is not
            named is ignored.
        runtime: What runs it.
    """

    name: str
    version: str
    kind: ModelKind
    labels: tuple[str, ...]
    input_size_px: tuple[int, int]
    score_threshold: float | None = None
    architecture: Mapping[str, Any] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, Any] = field(default_factory=dict)
    label_map: Mapping[str, str] = field(default_factory=dict)
    runtime: Runtime = Runtime.TORCH

    @property
    def full_name(self) -> str:
        """Name and version as ``name@version``."""
        return f"{self.name}@{self.version}"

    def class_labels(self) -> LabelArray:
        """Return what each of ``labels`` is by ``label_map``: a ``Label``, or ``IGNORED``.

        Returns:
            ``(n,)`` int64, in the order of ``labels``.
        """
        roles = [Role(self.label_map.get(name, Role.IGNORE)) for name in self.labels]
        return np.array([_LABEL_OF_ROLE[role] for role in roles], np.int64)


def document_from_card(card: ModelCard) -> dict[str, Any]:
    """Return what ``model.json`` says, but for the checksums; defaults are left out."""
    document: dict[str, Any] = {
        "format": _FORMAT,
        "name": card.name,
        "version": card.version,
        "kind": card.kind.value,
        "labels": list(card.labels),
        "input_size": list(card.input_size_px),
        "score_threshold": card.score_threshold,
        "architecture": dict(card.architecture),
        "training": dict(card.training),
        "scores": dict(card.scores),
    }
    if card.label_map:
        document["label_map"] = {name: str(role) for name, role in card.label_map.items()}
    if card.runtime is not Runtime.TORCH:
        document["runtime"] = card.runtime.value
    return document


def card_from_document(document: Mapping[str, Any], path: Path) -> ModelCard:
    """Read what :func:`document_from_card` wrote.

    Raises:
        InvalidInputError: A field is missing, unknown or wrong; the message names ``path`` and
            the field.
    """
    _check_fields(document, path)
    for is_right, sentence in _RULES:
        if not is_right(document):
            raise InvalidInputError(f"{path}: field {sentence}")
    width_px, height_px = document["input_size"]
    return ModelCard(
        name=document["name"],
        version=document["version"],
        kind=ModelKind(document["kind"]),
        labels=tuple(document["labels"]),
        input_size_px=(width_px, height_px),
        score_threshold=document["score_threshold"],
        architecture=document["architecture"],
        training=document["training"],
        scores=document["scores"],
        label_map=document.get("label_map", {}),
        runtime=Runtime(document.get("runtime", Runtime.TORCH)),
    )


def _check_fields(document: Mapping[str, Any], path: Path) -> None:
    for name in sorted(document.keys() | _REQUIRED.keys()):
        if name not in document:
            raise InvalidInputError(f"{path}: field {name} is missing")
        if name not in _CHECKS:
            raise InvalidInputError(f"{path}: field {name} is unknown")
        is_right, wanted = _CHECKS[name]
        if not is_right(document[name]):
            raise InvalidInputError(f"{path}: field {name} must be {wanted}")


def _is_word(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 100 and value.isprintable()


def _is_sha256(value: object) -> bool:
    return isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")


def _is_labels(value: object) -> bool:
    if not isinstance(value, list) or not value or not all(_is_word(label) for label in value):
        return False
    return len(set(value)) == len(value)


def _is_size(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(type(side) is int and 16 <= side <= 4096 for side in value)
    )


def _is_threshold(value: object) -> bool:
    return value is None or (isinstance(value, float) and 0 < value < 1)


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _is_label_map(value: object) -> bool:
    return isinstance(value, dict) and all(role in list(Role) for role in value.values())


def _has_threshold_if_detector(document: Mapping[str, Any]) -> bool:
    return (document["kind"] in DETECTOR_KINDS) == (document["score_threshold"] is not None)


def _maps_if_detectron2(document: Mapping[str, Any]) -> bool:
    return bool(document["kind"] == ModelKind.DETECTRON2) == ("label_map" in document)


def _maps_known_classes(document: Mapping[str, Any]) -> bool:
    return set(document.get("label_map", {})) <= set(document["labels"])


def _maps_something(document: Mapping[str, Any]) -> bool:
    label_map = document.get("label_map")
    return label_map is None or bool({Role.ITEM, Role.CONTAINER} & set(label_map.values()))


def _has_config_if_detectron2(document: Mapping[str, Any]) -> bool:
    is_configured = document["kind"] == ModelKind.DETECTRON2 and not _is_onnx(document)
    return is_configured == ("config_sha256" in document)


def _has_graph_beside_weights(document: Mapping[str, Any]) -> bool:
    return not (_is_onnx(document) and "graph_sha256" in document)


def _is_onnx(document: Mapping[str, Any]) -> bool:
    return bool(document.get("runtime") == Runtime.ONNX)


_Check = tuple[Callable[[object], bool], str]

_REQUIRED: dict[str, _Check] = {
    "format": (lambda value: value == _FORMAT, f"{_FORMAT}"),
    "name": (_is_word, "a name of 1 to 100 characters"),
    "version": (_is_word, "a version of 1 to 100 characters"),
    "kind": (lambda value: value in list(ModelKind), f"one of {', '.join(ModelKind)}"),
    "labels": (_is_labels, "a list of different names"),
    "input_size": (_is_size, "[width, height], each 16 to 4096 pixels"),
    "score_threshold": (_is_threshold, "a number between 0 and 1, or null"),
    "architecture": (_is_object, "an object"),
    "weights_sha256": (_is_sha256, "64 hexadecimal digits"),
    "training": (_is_object, "an object"),
    "scores": (_is_object, "an object"),
}
_OPTIONAL: dict[str, _Check] = {
    "label_map": (_is_label_map, f"an object of names, each {', '.join(Role)}"),
    "config_sha256": (_is_sha256, "64 hexadecimal digits"),
    "graph_sha256": (_is_sha256, "64 hexadecimal digits"),
    "runtime": (lambda value: value in list(Runtime), f"one of {', '.join(Runtime)}"),
}
_CHECKS = _REQUIRED | _OPTIONAL

_RULES: tuple[tuple[Callable[[Mapping[str, Any]], bool], str], ...] = (
    (_has_threshold_if_detector, "score_threshold belongs to a detector, and only there"),
    (_maps_if_detectron2, f"label_map belongs to the kind {ModelKind.DETECTRON2}, and only there"),
    (
        _has_config_if_detectron2,
        f"config_sha256 belongs to the kind {ModelKind.DETECTRON2} run by {Runtime.TORCH}",
    ),
    (_has_graph_beside_weights, f"graph_sha256 belongs to the runtime {Runtime.TORCH}"),
    (_maps_known_classes, "label_map names a class that labels lacks"),
    (_maps_something, "label_map makes no class an item or a container"),
)
