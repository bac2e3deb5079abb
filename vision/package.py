"""Model packages: a folder with ``model.json`` and ``weights.safetensors``, and nothing that runs.

Weights lie on disk as float16 and are computed with as float32.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError

from sorter.errors import InvalidInputError

MODEL_FILE = "model.json"
WEIGHTS_FILE = "weights.safetensors"
_FORMAT = 1
_MAX_MODEL_BYTES = 1_000_000

Weights = Mapping[str, NDArray[Any]]
"""The arrays of a net by name: float32 for what is learnt, int64 for what is counted."""


class ModelKind(StrEnum):
    """What a package holds, and so which code may load it."""

    DETECTOR = "torchvision-faster-rcnn"
    EMBEDDER = "resnet18-embedder"


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

    @property
    def full_name(self) -> str:
        """Name and version as ``name@version``."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True, eq=False)
class ModelPackage:
    """A model as it is kept: what is said of it, and its weights."""

    card: ModelCard
    weights: Weights


def save_package(package: ModelPackage, folder: Path) -> None:
    """Write a package, each file to a temporary name first and then renamed.

    The weights come first: whoever reads in between finds a checksum that does not fit, and
    never a half-written file.

    Raises:
        InvalidInputError: A weight is not finite, or does not fit into float16.
    """
    folder.mkdir(parents=True, exist_ok=True)
    data = safetensors.numpy.save({name: _halved(name, w) for name, w in package.weights.items()})
    document = _document_from_card(package.card, hashlib.sha256(data).hexdigest())
    write_atomically(folder / WEIGHTS_FILE, data)
    write_atomically(folder / MODEL_FILE, (json.dumps(document, indent=2) + "\n").encode())


def load_package(folder: Path, kind: ModelKind) -> ModelPackage:
    """Read a package and check all that it says.

    Raises:
        InvalidInputError: Names the file, and the field where one is at fault: missing or
            unknown fields, a value of the wrong type, another kind than asked for, weights that
            are not the ones that ``model.json`` was written for.
    """
    document = _read_document(folder / MODEL_FILE)
    card = _card_from_document(document, folder / MODEL_FILE)
    if card.kind is not kind:
        raise InvalidInputError(f"{folder / MODEL_FILE}: kind is {card.kind}, not {kind}")
    return ModelPackage(card, _read_weights(folder / WEIGHTS_FILE, document["weights_sha256"]))


def write_atomically(path: Path, data: bytes) -> None:
    """Replace a file's content whole: readers see the old bytes or the new ones."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    with partial.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _halved(name: str, weight: NDArray[Any]) -> NDArray[Any]:
    if not np.issubdtype(weight.dtype, np.floating):
        return np.ascontiguousarray(weight)
    with np.errstate(over="ignore"):
        half = weight.astype(np.float16)
    if not bool(np.isfinite(half).all()):
        raise InvalidInputError(f"weight {name} is not finite, or too large for float16")
    return np.ascontiguousarray(half)


def _read_weights(path: Path, sha256: str) -> Weights:
    data = _read_bytes(path)
    if hashlib.sha256(data).hexdigest() != sha256:
        raise InvalidInputError(f"{path}: its SHA-256 is not weights_sha256 of {MODEL_FILE}")
    try:
        weights = safetensors.numpy.load(data)
    except SafetensorError as error:
        raise InvalidInputError(f"{path}: not a safetensors file: {error}") from error
    return {
        name: w.astype(np.float32) if np.issubdtype(w.dtype, np.floating) else w
        for name, w in weights.items()
    }


def _read_document(path: Path) -> dict[str, Any]:
    data = _read_bytes(path)
    if len(data) > _MAX_MODEL_BYTES:
        raise InvalidInputError(f"{path}: larger than {_MAX_MODEL_BYTES} bytes")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"{path}: not JSON: {error}") from error
    if not isinstance(document, dict):
        raise InvalidInputError(f"{path}: not a JSON object")
    return document


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInputError(f"{path}: cannot be read: {error.strerror}") from error


def _document_from_card(card: ModelCard, sha256: str) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "name": card.name,
        "version": card.version,
        "kind": card.kind.value,
        "labels": list(card.labels),
        "input_size": list(card.input_size_px),
        "score_threshold": card.score_threshold,
        "architecture": dict(card.architecture),
        "weights_sha256": sha256,
        "training": dict(card.training),
        "scores": dict(card.scores),
    }


def _card_from_document(document: dict[str, Any], path: Path) -> ModelCard:
    for name in sorted(document.keys() | _CHECKS.keys()):
        if name not in document:
            raise InvalidInputError(f"{path}: field {name} is missing")
        if name not in _CHECKS:
            raise InvalidInputError(f"{path}: field {name} is unknown")
        is_right, wanted = _CHECKS[name]
        if not is_right(document[name]):
            raise InvalidInputError(f"{path}: field {name} must be {wanted}")
    if (document["kind"] == ModelKind.DETECTOR) != (document["score_threshold"] is not None):
        raise InvalidInputError(
            f"{path}: field score_threshold belongs to a detector, and only there"
        )
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
    )


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


_CHECKS: dict[str, tuple[Callable[[object], bool], str]] = {
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
