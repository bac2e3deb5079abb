"""Packages of torch that carry a graph beside their weights: on CPUs ONNX Runtime runs them.

It answers as torch does, to the last digits of a float, and sooner (docs/adr/0018).
"""

from __future__ import annotations

from importlib.util import find_spec

import torch

from vision.networks import resized_rgb
from vision.onnx.detector import OnnxDetector
from vision.onnx.embedder import OnnxEmbedder
from vision.package import ModelPackage


def runs_by_graph(package: ModelPackage, device: torch.device) -> bool:
    """Tell whether a package has a graph, and here is what runs it better than torch does."""
    return bool(package.graph) and device.type == "cpu" and find_spec("onnxruntime") is not None


def detector_by_graph(package: ModelPackage) -> OnnxDetector:
    """Return the package's detector with torch's pixels and as many threads as torch has."""
    return OnnxDetector.from_package(package, "cpu", torch.get_num_threads(), resized_rgb)


def embedder_by_graph(package: ModelPackage) -> OnnxEmbedder:
    """Return the package's embedder in the same way."""
    return OnnxEmbedder.from_package(package, "cpu", torch.get_num_threads(), resized_rgb)
