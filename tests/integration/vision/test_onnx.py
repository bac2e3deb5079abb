from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from sorter.errors import InvalidInputError
from sorter.types import Detections
from tests.integration.vision.exporting import KINDS, exported_of, package_of, with_graph_of
from vision.detector import TorchvisionDetector
from vision.embedder import ResNet18Embedder
from vision.export.packages import exported
from vision.networks import resized_rgb as resized_by_torch
from vision.onnx.detector import OnnxDetector
from vision.onnx.embedder import OnnxEmbedder
from vision.onnx.graphs import open_graph
from vision.onnx.pictures import resized_rgb
from vision.package import ModelKind, ModelPackage, save_package
from vision.ports import Detector, Embedder, OutOfMemoryError, RgbImage

CPU = torch.device("cpu")
DEVICES = ("cpu", "openvino")
DETECTOR, EMBEDDER = KINDS
SIZES = st.tuples(st.integers(1, 300), st.integers(1, 300))


def noise(size_px: tuple[int, int], seed: int = 0) -> RgbImage:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (size_px[1], size_px[0], 3)).astype(np.uint8)


def at_threshold(package: ModelPackage, threshold: float) -> ModelPackage:
    return replace(package, card=replace(package.card, score_threshold=threshold))


def assert_same(a: Detections, b: Detections) -> None:
    np.testing.assert_array_equal(a.xyxy_px, b.xyxy_px)
    np.testing.assert_array_equal(a.labels, b.labels)
    np.testing.assert_array_equal(a.scores, b.scores)


@given(SIZES, SIZES, st.integers(0, 1000))
def test_a_picture_is_resized_as_in_training_to_within_one_grey_level(
    own: tuple[int, int], wanted: tuple[int, int], seed: int
) -> None:
    image = noise(own, seed)
    here, there = resized_rgb(image, wanted), resized_by_torch(image, wanted)
    assert here.shape == there.shape
    assert np.abs(here.astype(int) - there.astype(int)).max() <= 1


def test_full_pictures_hardly_differ_from_those_of_training() -> None:
    image = noise((1640, 1232))
    here, there = resized_rgb(image, (640, 480)), resized_by_torch(image, (640, 480))
    assert (here != there).mean() < 0.01


@cache
def detector_on(device: str, threshold: float) -> Detector:
    """Return the detector in torch, or exported and on a device."""
    if device == "torch":
        return TorchvisionDetector.from_package(at_threshold(package_of(DETECTOR), threshold), CPU)
    return OnnxDetector.from_package(at_threshold(exported_of(DETECTOR), threshold), device)


@cache
def embedder_on(device: str) -> Embedder:
    if device == "torch":
        return ResNet18Embedder.from_package(package_of(EMBEDDER), CPU)
    return OnnxEmbedder.from_package(exported_of(EMBEDDER), device)


@pytest.mark.parametrize("device", DEVICES)
@settings(max_examples=10)
@given(seed=st.integers(0, 10_000))
def test_an_exported_detector_finds_what_torch_finds(device: str, seed: int) -> None:
    image = noise(package_of(DETECTOR).card.input_size_px, seed)
    (wanted,) = detector_on("torch", 0.2).detect([image])
    (found,) = detector_on(device, 0.2).detect([image])
    np.testing.assert_array_equal(found.labels, wanted.labels)
    np.testing.assert_allclose(found.xyxy_px, wanted.xyxy_px, atol=0.05)
    np.testing.assert_allclose(found.scores, wanted.scores, atol=1e-4)


@pytest.mark.parametrize("device", DEVICES)
@settings(max_examples=10)
@given(seed=st.integers(0, 10_000))
def test_an_exported_embedder_gives_the_values_of_torch(device: str, seed: int) -> None:
    crop = noise(package_of(EMBEDDER).card.input_size_px, seed)
    wanted = embedder_on("torch").embed([crop])
    found = embedder_on(device).embed([crop])
    np.testing.assert_allclose(found, wanted, atol=1e-5 * float(np.abs(wanted).max()))


@pytest.mark.parametrize("device", DEVICES)
@given(size_px=SIZES)
def test_crops_of_any_size_get_nearly_the_values_of_torch(
    device: str, size_px: tuple[int, int]
) -> None:
    crop = noise(size_px)
    (wanted,) = embedder_on("torch").embed([crop])
    (found,) = embedder_on(device).embed([crop])
    cosine = found @ wanted / np.linalg.norm(found) / np.linalg.norm(wanted)
    assert cosine > 0.999


def test_pixels_may_come_from_torch_where_it_is_there() -> None:
    crop = noise((300, 211))
    same = OnnxEmbedder.from_package(exported_of(EMBEDDER), "cpu", resize=resized_by_torch)
    (wanted,) = embedder_on("torch").embed([crop])
    np.testing.assert_allclose(same.embed([crop])[0], wanted, atol=1e-5 * np.abs(wanted).max())


def test_a_graph_beside_its_weights_answers_as_one_that_holds_them() -> None:
    images = [noise((200, 100)), noise((96, 64))]
    whole, beside = (
        OnnxDetector.from_package(at_threshold(package, 0.05), "cpu", 1)
        for package in (exported_of(DETECTOR), with_graph_of(DETECTOR))
    )
    for a, b in zip(whole.detect(images), beside.detect(images), strict=True):
        assert len(a) > 0
        assert_same(a, b)


def test_a_graph_beside_its_weights_is_small() -> None:
    whole, beside = (len(p.graph) for p in (exported_of(EMBEDDER), with_graph_of(EMBEDDER)))
    assert beside < 100_000 < whole


def test_exporting_twice_gives_the_same_bytes() -> None:
    assert exported(package_of(EMBEDDER)).graph == exported_of(EMBEDDER).graph


@pytest.mark.parametrize("device", DEVICES)
def test_a_picture_gets_the_same_answer_alone_and_in_any_batch(device: str) -> None:
    detector, embedder = detector_on(device, 0.05), embedder_on(device)
    batch = [noise((200, 100)), noise((96, 64)), noise((64, 480))]
    together, rows = detector.detect(batch), embedder.embed(batch)
    for number, image in enumerate(batch):
        assert_same(detector.detect([image])[0], together[number])
        np.testing.assert_array_equal(embedder.embed([image])[0], rows[number])


def test_no_pictures_are_no_answers() -> None:
    assert detector_on("cpu", 0.05).detect([]) == []
    assert embedder_on("cpu").embed([]).shape == (0, 512)


@pytest.mark.parametrize("size", [(1640, 1232), (33, 700), (1, 1)])
def test_boxes_lie_in_the_picture_that_was_handed_in(size: tuple[int, int]) -> None:
    (found,) = detector_on("cpu", 0.05).detect([noise(size)])
    assert len(found) > 0
    assert found.xyxy_px.min() >= 0
    assert (found.xyxy_px <= np.array([*size, *size])).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_graph_of_another_input_size_is_refused(kind: ModelKind) -> None:
    package = exported_of(kind)
    other = replace(package, card=replace(package.card, input_size_px=(48, 48)))
    make = OnnxDetector if kind is DETECTOR else OnnxEmbedder
    with pytest.raises(InvalidInputError, match=r"but input_size is \[48, 48\]"):
        make.from_package(other, "cpu")


@pytest.mark.parametrize("device", DEVICES)
def test_what_is_no_graph_is_refused(device: str) -> None:
    broken = replace(exported_of(EMBEDDER), graph=b"nothing of the kind")
    with pytest.raises(InvalidInputError, match=r"model\.onnx: cannot be run"):
        open_graph(broken, device)


def test_weights_that_the_graph_does_not_know_are_refused() -> None:
    package = with_graph_of(EMBEDDER)
    more = replace(package, weights={**package.weights, "more": np.zeros(1, np.float32)})
    with pytest.raises(InvalidInputError, match=r"graph\.onnx: cannot be run"):
        open_graph(more, "cpu")


def test_a_device_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="no such device: abacus"):
        open_graph(exported_of(EMBEDDER), "abacus")
    with pytest.raises(InvalidInputError, match="onnxruntime-gpu"):
        open_graph(exported_of(EMBEDDER), "cuda:0")


def test_openvino_asks_for_an_exported_package() -> None:
    with pytest.raises(InvalidInputError, match="sorterbot export"):
        open_graph(with_graph_of(EMBEDDER), "openvino")


@pytest.mark.parametrize(("device", "library"), [("cpu", "onnxruntime"), ("openvino", "openvino")])
def test_a_missing_library_is_named_together_with_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, device: str, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(InvalidInputError, match=rf"needs {library}: pip install 'sorterbot\["):
        open_graph(exported_of(EMBEDDER), device)


def test_too_little_memory_is_told_as_such() -> None:
    pictures = helper.make_tensor_value_info("rgb", TensorProto.UINT8, ["n", 1, 1, 3])
    values = helper.make_tensor_value_info("values", TensorProto.FLOAT, None)
    sides = helper.make_tensor("sides", TensorProto.INT64, [2], [1 << 42, 1])
    fill = helper.make_node("ConstantOfShape", ["sides"], ["filled"])
    add = helper.make_node("Cast", ["rgb"], ["cast"], to=TensorProto.FLOAT)
    spread = helper.make_node("Add", ["cast", "filled"], ["values"])
    graph = helper.make_graph([fill, add, spread], "huge", [pictures], [values], [sides])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    huge = replace(exported_of(EMBEDDER), graph=model.SerializeToString())
    with pytest.raises(OutOfMemoryError):
        open_graph(huge, "cpu").run(np.zeros((1, 1, 1, 3), np.uint8))


WITHOUT_TORCH = """
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path
import numpy as np

class NotThere(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "torchvision", "detectron2", "onnx"):
            raise ImportError(name)

sys.meta_path.insert(0, NotThere())
from vision.load import load_detector, load_embedder

image = np.random.default_rng(0).integers(0, 256, (128, 192, 3)).astype(np.uint8)
(found,) = load_detector(sys.argv[1], "cpu").detect([image])
values = load_embedder(sys.argv[2], "cpu").embed([image])
print(len(found), values.shape)
"""


def test_exported_packages_run_where_torch_is_missing(tmp_path: Path) -> None:
    save_package(at_threshold(exported_of(DETECTOR), 0.05), tmp_path / "detector")
    save_package(exported_of(EMBEDDER), tmp_path / "embedder")
    folders = [str(tmp_path / name) for name in ("detector", "embedder")]
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, *folders], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    n_found, _, shape = ended.stdout.partition(" ")
    assert int(n_found) > 0
    assert shape.strip() == "(1, 512)"
