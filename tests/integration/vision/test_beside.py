"""Which of torch and ONNX Runtime runs a package that both could."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from sorter.errors import InvalidInputError
from tests.integration.vision.exporting import KINDS, exported_of, package_of, with_graph_of
from vision.beside import runs_by_graph
from vision.detector import TorchvisionDetector
from vision.embedder import ResNet18Embedder
from vision.load import detector_of, embedder_of, load_detector, load_embedder
from vision.onnx.detector import OnnxDetector
from vision.onnx.embedder import OnnxEmbedder
from vision.package import ModelKind, load_package, save_package

SHIPPED = Path(__file__).parents[3] / "vision" / "packages"
DETECTOR, EMBEDDER = KINDS


@pytest.fixture
def folders(tmp_path: Path) -> list[str]:
    """The folders of a detector and an embedder with a graph beside their weights."""
    for kind in KINDS:
        save_package(with_graph_of(kind), tmp_path / kind)
    return [str(tmp_path / kind) for kind in KINDS]


def test_a_graph_beside_the_weights_is_run_by_onnxruntime_on_cpus(folders: list[str]) -> None:
    assert isinstance(load_detector(folders[0], "cpu"), OnnxDetector)
    assert isinstance(load_embedder(folders[1], "cpu"), OnnxEmbedder)


def test_gpus_run_the_weights_by_torch() -> None:
    assert runs_by_graph(with_graph_of(EMBEDDER), torch.device("cpu"))
    assert not runs_by_graph(with_graph_of(EMBEDDER), torch.device("cuda"))


def test_torch_runs_what_has_no_graph() -> None:
    assert isinstance(detector_of(package_of(DETECTOR), "cpu"), TorchvisionDetector)
    assert isinstance(embedder_of(package_of(EMBEDDER), "cpu"), ResNet18Embedder)


def test_torch_runs_the_weights_where_onnxruntime_is_missing(
    folders: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert isinstance(load_detector(folders[0], "cpu"), TorchvisionDetector)
    assert isinstance(load_embedder(folders[1], "cpu"), ResNet18Embedder)


def test_torch_runs_the_weights_at_another_input_size(folders: list[str]) -> None:
    detector = load_detector(folders[0], "cpu", input_size_px=(128, 96))
    assert isinstance(detector, TorchvisionDetector)


def test_an_exported_detector_keeps_its_input_size(tmp_path: Path) -> None:
    save_package(exported_of(DETECTOR), tmp_path)
    with pytest.raises(InvalidInputError, match=r"but input_size is \[128, 96\]"):
        load_detector(str(tmp_path), "cpu", input_size_px=(128, 96))


@pytest.mark.parametrize("name", ["detector", "embedder"])
def test_a_shipped_package_has_a_graph_beside_its_weights(name: str) -> None:
    kind = ModelKind.DETECTOR if name == "detector" else ModelKind.EMBEDDER
    assert load_package(SHIPPED / name, kind).graph


def test_the_shipped_detector_finds_by_its_graph_what_it_finds_by_torch() -> None:
    package = load_package(SHIPPED / "detector", DETECTOR)
    unsure = replace(package, card=replace(package.card, score_threshold=0.1))
    rng = np.random.default_rng(4)
    image = rng.integers(0, 256, (30, 40, 3)).astype(np.uint8).repeat(20, 0).repeat(20, 1)
    (found,) = detector_of(unsure, "cpu").detect([image])
    (wanted,) = detector_of(replace(unsure, graph=b""), "cpu").detect([image])
    np.testing.assert_array_equal(found.labels, wanted.labels)
    np.testing.assert_allclose(found.xyxy_px, wanted.xyxy_px, atol=0.05)
    np.testing.assert_allclose(found.scores, wanted.scores, atol=1e-4)


def test_the_shipped_embedder_gives_by_its_graph_the_values_of_torch() -> None:
    package = load_package(SHIPPED / "embedder", EMBEDDER)
    rng = np.random.default_rng(5)
    crops = [rng.integers(0, 256, (*side, 3)).astype(np.uint8) for side in ((50, 80), (200, 90))]
    found = embedder_of(package, "cpu").embed(crops)
    wanted = embedder_of(replace(package, graph=b""), "cpu").embed(crops)
    np.testing.assert_allclose(found, wanted, atol=1e-5)
