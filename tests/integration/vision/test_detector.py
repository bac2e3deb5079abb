from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from sorter.errors import InvalidInputError
from sorter.types import Detections
from tests.integration.vision.toys import Rectangles, make_package
from vision.detector import TorchvisionDetector
from vision.package import ModelPackage
from vision.ports import RgbImage

CPU = torch.device("cpu")


def detector_at(threshold: float) -> TorchvisionDetector:
    package = make_package()
    card = replace(package.card, score_threshold=threshold)
    return TorchvisionDetector.from_package(ModelPackage(card, package.weights), CPU)


@pytest.fixture(scope="module")
def detector() -> TorchvisionDetector:
    """An untrained net that answers with many boxes of chance."""
    return detector_at(0.05)


def pictures(*sizes: tuple[int, int]) -> list[RgbImage]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (height, width, 3)).astype(np.uint8) for width, height in sizes]


def assert_same(a: Detections, b: Detections) -> None:
    np.testing.assert_array_equal(a.xyxy_px, b.xyxy_px)
    np.testing.assert_array_equal(a.labels, b.labels)
    np.testing.assert_array_equal(a.scores, b.scores)


def test_a_picture_gets_the_same_answer_alone_and_in_any_batch(
    detector: TorchvisionDetector,
) -> None:
    batch = pictures((200, 100), (96, 64), (64, 480))
    together = detector.detect(batch)
    assert all(len(found) for found in together)
    for image, found in zip(batch, together, strict=True):
        assert_same(detector.detect([image])[0], found)


def test_a_picture_gets_the_same_answer_every_time(detector: TorchvisionDetector) -> None:
    image = Rectangles(1)[0][0]
    assert_same(detector.detect([image])[0], detector.detect([image.copy()])[0])


@pytest.mark.parametrize("size", [(1640, 1232), (96, 64), (33, 700), (1, 1)])
def test_boxes_lie_in_the_picture_that_was_handed_in(
    detector: TorchvisionDetector, size: tuple[int, int]
) -> None:
    (found,) = detector.detect(pictures(size))
    assert len(found) > 0
    assert found.xyxy_px.min() >= 0
    assert (found.xyxy_px <= np.array([*size, *size])).all()


def test_boxes_use_the_whole_picture_and_not_only_the_input_of_the_net(
    detector: TorchvisionDetector,
) -> None:
    (found,) = detector.detect(pictures((1640, 1232)))
    assert found.xyxy_px[:, 2].max() > 96 * 2


def test_detections_are_sorted_by_falling_score_and_above_the_threshold(
    detector: TorchvisionDetector,
) -> None:
    (found,) = detector.detect(pictures((320, 240)))
    assert (np.diff(found.scores) <= 0).all()
    assert found.scores.min() >= detector.score_threshold


def test_a_higher_threshold_keeps_the_surer_ones_and_no_others() -> None:
    image = pictures((320, 240))[0]
    (all_found,) = detector_at(0.05).detect([image])
    limit = float(np.median(all_found.scores))
    (sure,) = detector_at(limit).detect([image])
    kept = all_found.scores >= limit
    np.testing.assert_array_equal(sure.xyxy_px, all_found.xyxy_px[kept])


def test_nothing_found_is_an_answer_and_no_pictures_are_no_answers() -> None:
    (found,) = detector_at(0.999).detect(pictures((320, 240)))
    assert len(found) == 0
    assert detector_at(0.999).detect([]) == []


def test_a_picture_is_not_changed_and_may_be_read_only(detector: TorchvisionDetector) -> None:
    image = pictures((200, 100))[0]
    before = image.copy()
    image.flags.writeable = False
    detector.detect([image])
    np.testing.assert_array_equal(image, before)


def test_one_thing_is_not_reported_under_both_labels(detector: TorchvisionDetector) -> None:
    from vision.evaluation import box_iou

    (found,) = detector.detect(pictures((320, 240)))
    overlap = box_iou(found.xyxy_px, found.xyxy_px) - np.eye(len(found))
    assert overlap.max() <= 0.71


def test_weights_that_do_not_fit_the_architecture_are_refused() -> None:
    package = make_package()
    smaller = {**package.card.architecture, "head_values": 8}
    card = replace(package.card, architecture=smaller)
    with pytest.raises(InvalidInputError, match="does not fit the architecture"):
        TorchvisionDetector.from_package(ModelPackage(card, package.weights), CPU)


@pytest.mark.parametrize(
    "numbers",
    [
        {},
        {"pyramid_channels": 0},
        {"head_values": "many"},
        {"anchor_sizes_px": [[8], [16]]},
        {"anchor_sizes_px": [[8], [16], [32, 64]]},
        {"anchor_ratios": [0.0]},
        {"anchor_ratios": None},
    ],
)
def test_an_architecture_that_cannot_be_built_is_refused(numbers: dict[str, object]) -> None:
    package = make_package()
    whole = {**package.card.architecture, **numbers} if numbers else {}
    card = replace(package.card, architecture=whole)
    with pytest.raises(InvalidInputError):
        TorchvisionDetector.from_package(ModelPackage(card, package.weights), CPU)
