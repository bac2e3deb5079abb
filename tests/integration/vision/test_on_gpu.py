"""On a GPU: half precision, channels last and batches change no box that matters.

The nets have learnt a little: of an untrained one every score is a toss-up, and rounding decides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from sorter.detection import box_iou
from sorter.types import Detections
from tests.integration.vision.detectron2_toys import make_detectron2_lesson
from tests.integration.vision.toys import Rectangles, make_lesson, make_settings
from vision.device import device_from_name
from vision.load import LoadedDetector, detector_of
from vision.networks import resized_rgb
from vision.package import ModelKind, ModelPackage, load_package
from vision.ports import RgbImage
from vision.resizing import resized_batch
from vision.training.loop import train

pytestmark = pytest.mark.gpu

STEPS = 150
SURE = 0.5
SHIFT_PX = 2.0

DetectorOn = Callable[[str], LoadedDetector]
"""Returns the detector on the device of that name."""


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(ModelKind.DETECTOR, id="torchvision"),
        pytest.param(ModelKind.DETECTRON2, id="detectron2", marks=pytest.mark.detectron2),
    ],
)
def package(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> ModelPackage:
    folder = tmp_path_factory.mktemp("trained")
    make = make_lesson if request.param is ModelKind.DETECTOR else make_detectron2_lesson
    train(make(folder), make_settings(STEPS), folder, lambda _step, _losses: None)
    trained = load_package(folder / "package", request.param)
    return replace(trained, card=replace(trained.card, score_threshold=0.3))


@pytest.fixture
def detector_on(package: ModelPackage) -> DetectorOn:
    return lambda device: detector_of(package, device)


def pictures() -> list[RgbImage]:
    """Return pictures of two sizes, in turn."""
    some, others = Rectangles(4, seed=3), Rectangles(4, seed=4)
    tall = [others[number][0].transpose(1, 0, 2) for number in range(4)]
    return [image for number in range(4) for image in (some[number][0], tall[number])]


def assert_same_sure_boxes(a: Detections, b: Detections) -> None:
    """Find every sure box of either among those of the other, which may be a little less sure."""
    for some, others in ((a, b), (b, a)):
        sure = some.xyxy_px[some.scores > SURE]
        if len(sure):
            nearest = box_iou(sure[:, None], others.xyxy_px[None]).argmax(axis=1)
            assert np.abs(sure - others.xyxy_px[nearest]).max() <= SHIFT_PX


def test_a_gpu_finds_what_a_cpu_finds(detector_on: DetectorOn) -> None:
    reference = detector_on("cpu").detect(pictures())
    assert sum((found.scores > SURE).sum() for found in reference) >= len(reference)
    for found, wanted in zip(detector_on("cuda").detect(pictures()), reference, strict=True):
        assert_same_sure_boxes(found, wanted)


def test_a_batch_finds_what_pictures_alone_find(detector_on: DetectorOn) -> None:
    detector = detector_on("cuda")
    for image, found in zip(pictures(), detector.detect(pictures()), strict=True):
        assert_same_sure_boxes(detector.detect([image])[0], found)


def test_half_precision_finds_what_full_precision_finds(package: ModelPackage) -> None:
    if package.card.kind is not ModelKind.DETECTRON2:
        pytest.skip("computes in full precision everywhere")
    from vision.detectron2.detector import Detectron2Detector

    device = device_from_name("cuda")
    half = Detectron2Detector.from_package(package, device, is_half=True)
    full = Detectron2Detector.from_package(package, device, is_half=False)
    for found, wanted in zip(half.detect(pictures()), full.detect(pictures()), strict=True):
        assert_same_sure_boxes(found, wanted)


def test_pictures_are_resized_there_as_here_to_a_grey_level() -> None:
    images, size_px = pictures()[::2], (640, 480)
    there = resized_batch(images, size_px, torch.device("cuda")).cpu().numpy()
    here = np.stack([resized_rgb(image, size_px) for image in images]).transpose(0, 3, 1, 2)
    assert np.abs(there - here).max() <= 1
