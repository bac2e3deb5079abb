"""Packages of torch to packages that carry their network as an ONNX graph."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from sorter.errors import InvalidInputError
from vision.embedder import network_of
from vision.export.gathering_pool import gather_regions
from vision.export.onnx_graph import (
    DETECTOR_OUTPUTS,
    EMBEDDER_OUTPUTS,
    DetectorGraph,
    EmbedderGraph,
    graph_of,
    without_weights,
)
from vision.networks import DetectorArchitecture, build_detector
from vision.package import ModelKind, ModelPackage, Runtime
from vision.weights import load_weights

if TYPE_CHECKING:
    from onnx import ModelProto


def exported(package: ModelPackage) -> ModelPackage:
    """Return a package that runs without torch: its graph holds the weights.

    Raises:
        InvalidInputError: Architecture or weights do not fit, or a library is missing.
    """
    graph = _traced(package).SerializeToString(deterministic=True)
    return ModelPackage(replace(package.card, runtime=Runtime.ONNX), {}, graph=graph)


def with_graph(package: ModelPackage) -> ModelPackage:
    """Return the package with a graph beside its weights, which can then be run by either.

    Raises:
        InvalidInputError: As :func:`exported` says, or for a kind whose graph needs its weights.
    """
    if package.card.kind is ModelKind.DETECTRON2:
        raise InvalidInputError(f"{package.card.full_name}: {package.card.kind} is exported whole")
    bare = without_weights(_traced(package), package.weights.keys())
    return replace(package, graph=bare.SerializeToString(deterministic=True))


def _traced(package: ModelPackage) -> ModelProto:
    return _TRACERS[package.card.kind](package)


def _traced_detector(package: ModelPackage) -> ModelProto:
    card = package.card
    architecture = DetectorArchitecture.from_mapping(card.architecture)
    network = build_detector(architecture, len(card.labels))
    load_weights(network, package.weights)
    gather_regions(network, card.input_size_px)
    whole = DetectorGraph(network)
    return graph_of(whole, card.input_size_px, DETECTOR_OUTPUTS)


def _traced_embedder(package: ModelPackage) -> ModelProto:
    side_px = min(package.card.input_size_px)
    whole = EmbedderGraph(network_of(package))
    return graph_of(whole, (side_px, side_px), EMBEDDER_OUTPUTS, {0: "n"})


def _traced_detectron2(package: ModelPackage) -> ModelProto:
    from vision.export.detectron2_graph import traced_detectron2

    return traced_detectron2(package)


_TRACERS: dict[ModelKind, Callable[[ModelPackage], ModelProto]] = {
    ModelKind.DETECTOR: _traced_detector,
    ModelKind.EMBEDDER: _traced_embedder,
    ModelKind.DETECTRON2: _traced_detectron2,
}
