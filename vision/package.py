"""Model packages: a folder of ``model.json``, weights and nothing that runs.

Weights lie on disk as float16 and are computed with as float32.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError

from sorter.errors import InvalidInputError
from vision.model_card import MODEL_FILE as MODEL_FILE
from vision.model_card import ModelCard as ModelCard
from vision.model_card import ModelKind as ModelKind
from vision.model_card import Runtime as Runtime
from vision.model_card import card_from_document, document_from_card

WEIGHTS_FILE = "weights.safetensors"
CONFIG_FILE = "config.yaml"
ONNX_FILE = "model.onnx"
GRAPH_FILE = "graph.onnx"
_MAX_TEXT_BYTES = 1_000_000

Weights = Mapping[str, NDArray[Any]]
"""The arrays of a net by name: float32 for what is learnt, int64 for what is counted."""


@dataclass(frozen=True, slots=True, eq=False)
class ModelPackage:
    """A model as it is kept: what is said of it, and its weights.

    Attributes:
        weights: Empty where ``graph`` holds them.
        config: Of the kind ``detectron2``, the network's whole configuration as YAML.
        graph: The network as ONNX. With its weights inside where the card's runtime is ``onnx``;
            else it takes ``weights`` by their names, and is empty where nobody made it.
    """

    card: ModelCard
    weights: Weights
    config: str = ""
    graph: bytes = b""


def save_package(package: ModelPackage, folder: Path) -> None:
    """Write a package, each file to a temporary name first and then renamed.

    ``model.json`` comes last: whoever reads in between finds a checksum that does not fit, and
    never a half-written file.

    Raises:
        InvalidInputError: A weight is not finite, or does not fit into float16, or the card
            breaks a rule, in which case nothing is written.
    """
    files = _files(package)
    document = document_from_card(package.card)
    for field, (_, content) in files.items():
        document[field] = hashlib.sha256(content).hexdigest()
    card_from_document(document, folder / MODEL_FILE)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.values():
        write_atomically(folder / name, content)
    write_atomically(folder / MODEL_FILE, (json.dumps(document, indent=2) + "\n").encode())


def load_package(
    folder: Path, kind: ModelKind, runtime: Runtime | None = Runtime.TORCH
) -> ModelPackage:
    """Read a package and check all that it says.

    Args:
        folder: Where it lies.
        kind: What it must hold.
        runtime: What must run it; None for either.

    Raises:
        InvalidInputError: Names the file, and the field where one is at fault: missing or
            unknown fields, a value of the wrong type, another kind or runtime than asked for,
            files that are not the ones that ``model.json`` was written for.
    """
    document = _read_document(folder / MODEL_FILE)
    card = card_from_document(document, folder / MODEL_FILE)
    if card.kind is not kind:
        raise InvalidInputError(f"{folder / MODEL_FILE}: kind is {card.kind}, not {kind}")
    if runtime not in (None, card.runtime):
        raise InvalidInputError(f"{folder / MODEL_FILE}: runtime is {card.runtime}, not {runtime}")
    if card.runtime is Runtime.ONNX:
        graph = _read_checked(folder / ONNX_FILE, document, "weights_sha256")
        return ModelPackage(card, {}, graph=graph)
    weights = _read_weights(folder / WEIGHTS_FILE, document)
    graph = _read_checked(folder / GRAPH_FILE, document, "graph_sha256")
    return ModelPackage(card, weights, _read_config(folder / CONFIG_FILE, document), graph)


def load_card(folder: Path) -> ModelCard:
    """Read and check what a package says of itself, without its weights.

    Raises:
        InvalidInputError: As :func:`load_package` says.
    """
    return card_from_document(_read_document(folder / MODEL_FILE), folder / MODEL_FILE)


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


def _files(package: ModelPackage) -> dict[str, tuple[str, bytes]]:
    """Return the files beside ``model.json``, by the field that holds the checksum of each."""
    if package.card.runtime is Runtime.ONNX:
        return {"weights_sha256": (ONNX_FILE, package.graph)}
    halved = {name: _halved(name, weight) for name, weight in package.weights.items()}
    files = {"weights_sha256": (WEIGHTS_FILE, safetensors.numpy.save(halved))}
    if package.config:
        files["config_sha256"] = (CONFIG_FILE, package.config.encode())
    if package.graph:
        files["graph_sha256"] = (GRAPH_FILE, package.graph)
    return files


def _read_weights(path: Path, document: Mapping[str, Any]) -> Weights:
    try:
        weights = safetensors.numpy.load(_read_checked(path, document, "weights_sha256"))
    except SafetensorError as error:
        raise InvalidInputError(f"{path}: not a safetensors file: {error}") from error
    return {
        name: w.astype(np.float32) if np.issubdtype(w.dtype, np.floating) else w
        for name, w in weights.items()
    }


def _read_config(path: Path, document: Mapping[str, Any]) -> str:
    try:
        return _read_checked(path, document, "config_sha256").decode()
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{path}: not text: {error}") from error


def _read_checked(path: Path, document: Mapping[str, Any], field: str) -> bytes:
    """Return a file's bytes, nothing where the document has no checksum of it."""
    if field not in document:
        return b""
    data = _read_bytes(path)
    if hashlib.sha256(data).hexdigest() != document[field]:
        raise InvalidInputError(f"{path}: its SHA-256 is not {field} of {MODEL_FILE}")
    return data


def _read_document(path: Path) -> dict[str, Any]:
    data = _read_bytes(path)
    if len(data) > _MAX_TEXT_BYTES:
        raise InvalidInputError(f"{path}: larger than {_MAX_TEXT_BYTES} bytes")
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
