"""An exported network of Detectron2 beside the one that it was made from."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from sorter.errors import InvalidInputError
from tests.integration.vision.untrained_detectron2 import SIZE_PX, make_detectron2_package
from vision.export.packages import exported, with_graph
from vision.load import detector_of
from vision.onnx.detector import OnnxDetector
from vision.package import ModelPackage, Runtime
from vision.ports import Detector

pytestmark = pytest.mark.detectron2
WIDTH_PX, HEIGHT_PX = SIZE_PX


@cache
def packages() -> tuple[ModelPackage, ModelPackage]:
    """Return the tiny network's package and its export, both answering with unsure boxes."""
    whole = make_detectron2_package()
    return unsure(whole), unsure(exported(whole))


def unsure(package: ModelPackage) -> ModelPackage:
    return replace(package, card=replace(package.card, score_threshold=0.1))


@cache
def detectors() -> tuple[Detector, Detector]:
    whole, made = packages()
    return detector_of(whole, "cpu"), OnnxDetector.from_package(made, "cpu")


@pytest.mark.parametrize(
    "size", [(WIDTH_PX, HEIGHT_PX), (HEIGHT_PX, WIDTH_PX), (WIDTH_PX, 20), (30, WIDTH_PX)]
)
def test_pictures_of_all_proportions_get_the_answers_of_torch(size: tuple[int, int]) -> None:
    """None of them is resized, which torch and Pillow do a grey level apart."""
    rng = np.random.default_rng(1)
    image = rng.integers(0, 256, (size[1], size[0], 3)).astype(np.uint8)
    wanted, found = (detector.detect([image])[0] for detector in detectors())
    assert len(wanted) > 0
    np.testing.assert_array_equal(found.labels, wanted.labels)
    np.testing.assert_allclose(found.xyxy_px, wanted.xyxy_px, atol=0.05)
    np.testing.assert_allclose(found.scores, wanted.scores, atol=1e-4)


def test_the_exported_package_keeps_its_classes_and_loses_its_configuration() -> None:
    whole, made = packages()
    assert made.card == replace(whole.card, runtime=Runtime.ONNX)
    assert not made.config
    assert not made.weights


def test_a_graph_without_weights_is_for_our_own_networks() -> None:
    with pytest.raises(InvalidInputError, match="exported whole"):
        with_graph(packages()[0])
