"""On a GPU: half precision, channels last and batches change no box that matters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from sorter.detection import box_iou
from sorter.types import Detections
from tests.integration.vision.toys import Rectangles, make_package
from tests.integration.vision.untrained_detectron2 import make_detectron2_package
from vision.detector import TorchvisionDetector
from vision.load import LoadedDetector
from vision.networks import resized_rgb
from vision.ports import RgbImage
from vision.resizing import resized_batch

pytestmark = pytest.mark.gpu

SURE = 0.5
SHIFT_PX = 2.0


def torchvision_on(device: str) -> LoadedDetector:
    package = make_package()
    card = replace(package.card, score_threshold=0.05)
    return TorchvisionDetector.from_package(replace(package, card=card), torch.device(device))


def detectron2_on(device: str) -> LoadedDetector:
    from vision.detectron2.detector import Detectron2Detector

    return Detectron2Detector.from_package(make_detectron2_package(), torch.device(device))


@pytest.fixture(
    params=[
        pytest.param(torchvision_on, id="torchvision"),
        pytest.param(detectron2_on, id="detectron2", marks=pytest.mark.detectron2),
    ]
)
def detector_on(request: pytest.FixtureRequest) -> Callable[[str], LoadedDetector]:
    on: Callable[[str], LoadedDetector] = request.param
    return on


def pictures() -> list[RgbImage]:
    """Return full pictures of two sizes, in turn."""
    large = [
        image.repeat(8, 0).repeat(8, 1) for image, _, _ in map(Rectangles(3).__getitem__, range(3))
    ]
    return [large[0], large[1][:, ::2], large[2], large[0][:, ::2]]


def assert_same_sure_boxes(a: Detections, b: Detections) -> None:
    """Compare where no score lies so near to ``SURE`` that rounding decides."""
    for some, others in ((a, b), (b, a)):
        sure = some.xyxy_px[some.scores > SURE + 0.02]
        if not len(sure):
            continue
        nearest = box_iou(sure[:, None], others.xyxy_px[None]).argmax(1)
        assert np.abs(sure - others.xyxy_px[nearest]).max() <= SHIFT_PX


def test_a_gpu_finds_what_a_cpu_finds(detector_on: Callable[[str], LoadedDetector]) -> None:
    on_cpu = detector_on("cpu").detect(pictures())
    for found, reference in zip(detector_on("cuda").detect(pictures()), on_cpu, strict=True):
        assert_same_sure_boxes(found, reference)


def test_a_batch_finds_what_pictures_alone_find(
    detector_on: Callable[[str], LoadedDetector],
) -> None:
    detector = detector_on("cuda")
    for image, found in zip(pictures(), detector.detect(pictures()), strict=True):
        assert_same_sure_boxes(detector.detect([image])[0], found)


@pytest.mark.detectron2
def test_half_precision_finds_what_full_precision_finds() -> None:
    from vision.detectron2.detector import Detectron2Detector

    package, device = make_detectron2_package(), torch.device("cuda")
    half = Detectron2Detector.from_package(package, device, is_half=True)
    full = Detectron2Detector.from_package(package, device, is_half=False)
    for a, b in zip(half.detect(pictures()), full.detect(pictures()), strict=True):
        assert_same_sure_boxes(a, b)


def test_pictures_are_resized_there_as_here_to_a_grey_level() -> None:
    images = [image for image in pictures() if image.shape[1] == pictures()[0].shape[1]]
    there = resized_batch(images, (640, 480), torch.device("cuda")).cpu().numpy()
    here = np.stack([resized_rgb(image, (640, 480)) for image in images]).transpose(0, 3, 1, 2)
    assert np.abs(there - here).max() <= 1
