"""The laws that every detector keeps, each tried on an untrained net that answers by chance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NoReturn

import numpy as np
import pytest
import torch

from sorter.types import Detections
from tests.integration.vision.toys import Rectangles, make_package
from tests.integration.vision.untrained_detectron2 import make_detectron2_package
from vision.detector import TorchvisionDetector
from vision.load import LoadedDetector
from vision.ports import OutOfMemoryError, RgbImage

CPU = torch.device("cpu")

DetectorAt = Callable[[float], LoadedDetector]
"""Returns the detector with that score threshold."""


def torchvision_at(threshold: float) -> LoadedDetector:
    package = make_package()
    card = replace(package.card, score_threshold=threshold)
    return TorchvisionDetector.from_package(replace(package, card=card), CPU)


def detectron2_at(threshold: float) -> LoadedDetector:
    from vision.detectron2.detector import Detectron2Detector

    package = make_detectron2_package()
    card = replace(package.card, score_threshold=threshold)
    return Detectron2Detector.from_package(replace(package, card=card), CPU)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(torchvision_at, id="torchvision"),
        pytest.param(detectron2_at, id="detectron2", marks=pytest.mark.detectron2),
    ],
)
def detector_at(request: pytest.FixtureRequest) -> DetectorAt:
    at: DetectorAt = request.param
    return at


@pytest.fixture(scope="module")
def detector(detector_at: DetectorAt) -> LoadedDetector:
    """Answers with many boxes."""
    return detector_at(0.05)


def pictures(*sizes: tuple[int, int]) -> list[RgbImage]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (height, width, 3)).astype(np.uint8) for width, height in sizes]


def assert_same(a: Detections, b: Detections) -> None:
    np.testing.assert_array_equal(a.xyxy_px, b.xyxy_px)
    np.testing.assert_array_equal(a.labels, b.labels)
    np.testing.assert_array_equal(a.scores, b.scores)


def test_a_picture_gets_the_same_answer_alone_and_in_any_batch(
    detector: LoadedDetector,
) -> None:
    batch = pictures((200, 100), (96, 64), (64, 480))
    together = detector.detect(batch)
    assert all(len(found) for found in together)
    for image, found in zip(batch, together, strict=True):
        assert_same(detector.detect([image])[0], found)


def test_a_picture_gets_the_same_answer_every_time(detector: LoadedDetector) -> None:
    image = Rectangles(1)[0][0]
    assert_same(detector.detect([image])[0], detector.detect([image.copy()])[0])


@pytest.mark.parametrize("size", [(1640, 1232), (96, 64), (33, 700), (1, 1)])
def test_boxes_lie_in_the_picture_that_was_handed_in(
    detector: LoadedDetector, size: tuple[int, int]
) -> None:
    (found,) = detector.detect(pictures(size))
    assert len(found) > 0
    assert found.xyxy_px.min() >= 0
    assert (found.xyxy_px <= np.array([*size, *size])).all()


def test_boxes_use_the_whole_picture_and_not_only_the_input_of_the_net(
    detector: LoadedDetector,
) -> None:
    (found,) = detector.detect(pictures((1640, 1232)))
    assert found.xyxy_px[:, 2].max() > 96 * 2


def test_detections_are_sorted_by_falling_score_and_above_the_threshold(
    detector: LoadedDetector,
) -> None:
    (found,) = detector.detect(pictures((320, 240)))
    assert (np.diff(found.scores) <= 0).all()
    assert found.scores.min() >= detector.score_threshold


def test_a_higher_threshold_keeps_the_surer_ones_and_no_others(detector_at: DetectorAt) -> None:
    image = pictures((320, 240))[0]
    (all_found,) = detector_at(0.05).detect([image])
    limit = float(np.median(all_found.scores))
    (sure,) = detector_at(limit).detect([image])
    kept = all_found.scores >= limit
    np.testing.assert_array_equal(sure.xyxy_px, all_found.xyxy_px[kept])


def test_nothing_found_is_an_answer_and_no_pictures_are_no_answers(
    detector_at: DetectorAt,
) -> None:
    (found,) = detector_at(0.999).detect(pictures((320, 240)))
    assert len(found) == 0
    assert detector_at(0.999).detect([]) == []


def test_a_picture_is_not_changed_and_may_be_read_only(detector: LoadedDetector) -> None:
    image = pictures((200, 100))[0]
    before = image.copy()
    image.flags.writeable = False
    detector.detect([image])
    np.testing.assert_array_equal(image, before)


def test_a_picture_of_another_size_in_between_changes_nobodys_answer(
    detector: LoadedDetector,
) -> None:
    a, odd, b = pictures((200, 100), (64, 480), (200, 100))
    first, _, last = detector.detect([a, odd, b])
    assert_same(first, detector.detect([a])[0])
    assert_same(last, detector.detect([b])[0])


def test_running_out_of_memory_is_named_and_the_detector_goes_on(
    detector: LoadedDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = pictures((96, 64))[0]
    before = detector.detect([image])[0]

    def fail(*_: object, **__: object) -> NoReturn:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.")

    with monkeypatch.context() as patched:
        patched.setattr(torch.nn.functional, "conv2d", fail)
        with pytest.raises(OutOfMemoryError, match="out of memory"):
            detector.detect([image])
    assert_same(detector.detect([image])[0], before)


def test_one_thing_is_not_reported_under_both_labels(detector: LoadedDetector) -> None:
    from vision.evaluation import box_iou

    (found,) = detector.detect(pictures((320, 240)))
    overlap = box_iou(found.xyxy_px, found.xyxy_px) - np.eye(len(found))
    assert overlap.max() <= 0.71
