from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from sorter.errors import InvalidInputError
from sorter.types import BoxArray, Detections, LabelArray
from vision.evaluation import (
    Judged,
    best_threshold,
    box_iou,
    detect_all,
    match_detections,
    score_detections,
)
from vision.ports import IGNORED, RgbImage

ITEM, CONTAINER = 0, 1
NOTHING = (np.zeros((0, 4), np.float32), np.zeros(0, np.int64))


def boxes_of(*rows: Sequence[float]) -> BoxArray:
    return np.array(rows, np.float32).reshape(-1, 4)


def truth_with(boxes: BoxArray, *labels: int) -> tuple[BoxArray, LabelArray]:
    return boxes, np.array(labels, np.int64)


def found_with(boxes: BoxArray, labels: Sequence[int], scores: Sequence[float]) -> Detections:
    return Detections(boxes, np.array(labels, np.int64), np.array(scores, np.float32))


A, B, C = (10, 10, 30, 30), (50, 10, 70, 30), (100, 100, 200, 180)
ELSEWHERE = (300, 300, 320, 320)


def test_finding_everything_exactly_has_an_average_precision_of_one() -> None:
    truth = [truth_with(boxes_of(A, B, C), ITEM, ITEM, CONTAINER)]
    found = [found_with(boxes_of(A, C, B), [ITEM, CONTAINER, ITEM], [0.9, 0.8, 0.7])]
    scores = score_detections(found, truth)
    assert scores.ap50 == pytest.approx(1)
    assert scores.ap50_95 == pytest.approx(1)
    assert scores.ap50_by_label == pytest.approx({"item": 1, "container": 1})
    assert scores.ap50_95_by_label == pytest.approx({"item": 1, "container": 1})


def test_finding_one_of_two_has_half_the_average_precision() -> None:
    truth = [truth_with(boxes_of(A, B), ITEM, ITEM)]
    found = [found_with(boxes_of(A), [ITEM], [0.9])]
    # COCO reads precision at 101 recalls: it is 1 at 0, 0.01, ..., 0.50, and 0 beyond.
    assert score_detections(found, truth).ap50 == pytest.approx(51 / 101)


def test_a_false_box_that_is_surer_than_the_true_one_halves_the_precision() -> None:
    truth = [truth_with(boxes_of(A), ITEM)]
    found = [found_with(boxes_of(ELSEWHERE, A), [ITEM, ITEM], [0.9, 0.8])]
    assert score_detections(found, truth).ap50 == pytest.approx(0.5)


def test_a_false_box_that_is_less_sure_than_the_true_one_costs_nothing() -> None:
    truth = [truth_with(boxes_of(A), ITEM)]
    found = [found_with(boxes_of(A, ELSEWHERE), [ITEM, ITEM], [0.9, 0.8])]
    assert score_detections(found, truth).ap50 == pytest.approx(1)


def test_a_box_that_overlaps_by_two_thirds_counts_at_four_of_ten_overlaps() -> None:
    truth = [truth_with(boxes_of((0, 0, 100, 100)), ITEM)]
    found = [found_with(boxes_of((0, 0, 66, 100)), [ITEM], [0.9])]
    scores = score_detections(found, truth)  # 0.66 reaches 0.50, 0.55, 0.60 and 0.65
    assert scores.ap50 == pytest.approx(1)
    assert scores.ap50_95 == pytest.approx(0.4)


def test_the_wrong_label_is_a_miss_for_both_labels() -> None:
    truth = [truth_with(boxes_of(A, C), ITEM, CONTAINER)]
    found = [found_with(boxes_of(A, C), [CONTAINER, ITEM], [0.9, 0.9])]
    assert score_detections(found, truth).ap50 == pytest.approx(0)


def test_a_box_in_another_picture_finds_nothing() -> None:
    truth = [truth_with(boxes_of(A), ITEM), NOTHING]
    found = [Detections.empty(), found_with(boxes_of(A), [ITEM], [0.9])]
    assert score_detections(found, truth).ap50 == pytest.approx(0)


def test_finding_nothing_at_all_scores_zero_and_a_label_that_never_occurs_minus_one() -> None:
    scores = score_detections([Detections.empty()], [truth_with(boxes_of(A), ITEM)])
    assert scores.ap50 == 0
    assert scores.ap50_by_label == {"item": 0, "container": -1}


def test_scoring_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    score_detections([Detections.empty()], [truth_with(boxes_of(A), ITEM)])
    assert capsys.readouterr().out == ""


def test_scoring_needs_one_answer_a_picture() -> None:
    with pytest.raises(InvalidInputError):
        score_detections([], [])
    with pytest.raises(InvalidInputError):
        score_detections([Detections.empty()], [NOTHING, NOTHING])


def test_matching_counts_what_is_found_and_how_far_off_its_centre_is() -> None:
    truth = [truth_with(boxes_of(A, B, C), ITEM, ITEM, CONTAINER)]
    moved = (13, 14, 33, 34)
    found = [found_with(boxes_of(moved, ELSEWHERE, C), [ITEM, ITEM, CONTAINER], [0.9, 0.8, 0.7])]
    match = match_detections(found, truth, threshold=0.5)
    assert match.precision == pytest.approx(2 / 3)
    assert match.recall == pytest.approx(2 / 3)
    assert match.centre_error_median_px == pytest.approx(2.5)  # of 0 and 5
    assert match.centre_error_p95_px == pytest.approx(4.75)


def test_a_thing_is_matched_once_and_by_the_surest_box() -> None:
    truth = [truth_with(boxes_of(A), ITEM)]
    found = [found_with(boxes_of(A, A), [ITEM, ITEM], [0.9, 0.8])]
    match = match_detections(found, truth, threshold=0.5)
    assert (match.precision, match.recall) == (0.5, 1.0)


def test_matching_drops_what_lies_below_the_threshold() -> None:
    truth = [truth_with(boxes_of(A), ITEM)]
    found = [found_with(boxes_of(A), [ITEM], [0.4])]
    match = match_detections(found, truth, threshold=0.5)
    assert (match.precision, match.recall, match.centre_error_p95_px) == (0.0, 0.0, 0.0)


def test_the_best_threshold_lies_between_false_and_true_scores() -> None:
    truth = [truth_with(boxes_of(A, B), ITEM, ITEM)]
    found = [found_with(boxes_of(A, B, ELSEWHERE), [ITEM] * 3, [0.9, 0.72, 0.28])]
    assert 0.28 < best_threshold(Judged(found, truth)) < 0.72


def test_overlap_is_the_shared_area_over_the_joint_area() -> None:
    overlap = box_iou(
        boxes_of((0, 0, 10, 10)), boxes_of((5, 0, 15, 10), (10, 0, 20, 10), (0, 0, 10, 10))
    )
    np.testing.assert_allclose(overlap, [[1 / 3, 0, 1]])


class Pictures:
    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> tuple[RgbImage, BoxArray, LabelArray]:
        image: NDArray[np.uint8] = np.full((4, 4, 3), index, np.uint8)
        return image, boxes_of(A), np.array([ITEM])


class Namer:
    """Finds as many items as the first pixel says."""

    version = "namer@1"
    input_size_px = (4096, 4096)

    def detect(self, images_rgb: Sequence[RgbImage]) -> list[Detections]:
        return [
            found_with(
                boxes_of(*[A] * int(image[0, 0, 0])),
                [ITEM] * int(image[0, 0, 0]),
                [0.5] * int(image[0, 0, 0]),
            )
            for image in images_rgb
        ]


def test_detecting_a_dataset_keeps_pictures_and_truth_in_step_and_reports() -> None:
    told: list[int] = []
    found, truth, seconds = detect_all(Namer(), Pictures(), told.append)
    assert [len(detections) for detections in found] == [0, 1]
    assert [labels.tolist() for _, labels in truth] == [[ITEM], [ITEM]]
    assert told == [1, 2]
    assert seconds >= 0


HAND = (200, 0, 300, 100)
IN_THE_HAND = (210, 10, 250, 50)


def test_a_detection_in_an_ignored_region_counts_neither_way() -> None:
    truth = [truth_with(boxes_of(A, HAND), ITEM, IGNORED)]
    with_it = [found_with(boxes_of(A, IN_THE_HAND), [ITEM, CONTAINER], [0.8, 0.9])]
    without = [found_with(boxes_of(A), [ITEM], [0.8])]
    assert match_detections(with_it, truth, 0.5) == match_detections(without, truth, 0.5)
    scores = score_detections(with_it, truth)
    assert scores == score_detections(without, truth)
    assert scores.ap50_by_label == pytest.approx({"item": 1, "container": -1})


def test_an_ignored_region_need_not_be_found() -> None:
    truth = [truth_with(boxes_of(HAND), IGNORED)]
    match = match_detections([found_with(boxes_of(), [], [])], truth, 0.5)
    assert (match.recall, match.false_boxes_a_picture) == (0, 0)


def test_a_detection_that_only_reaches_into_an_ignored_region_is_false() -> None:
    truth = [truth_with(boxes_of(HAND), IGNORED)]
    found = [found_with(boxes_of((250, 40, 450, 140)), [ITEM], [0.9])]
    assert match_detections(found, truth, 0.5).false_boxes_a_picture == 1


def test_what_is_there_counts_although_a_hand_holds_it() -> None:
    truth = [truth_with(boxes_of(IN_THE_HAND, HAND), ITEM, IGNORED)]
    found = [found_with(boxes_of(IN_THE_HAND), [ITEM], [0.9])]
    match = match_detections(found, truth, 0.5)
    assert (match.precision, match.recall, match.f1) == (1, 1, pytest.approx(1))
    assert score_detections(found, truth).ap50 == pytest.approx(1)


def test_false_boxes_are_counted_by_the_picture() -> None:
    truth = [truth_with(boxes_of(A), ITEM), NOTHING]
    found = [
        found_with(boxes_of(A, B, C), [ITEM, ITEM, ITEM], [0.9, 0.8, 0.7]),
        found_with(boxes_of(A), [ITEM], [0.9]),
    ]
    assert match_detections(found, truth, 0.5).false_boxes_a_picture == 1.5


def noisy(most_false_boxes: float = float("inf")) -> Judged:
    """Half of what is there is found at 0.3, among one false box each picture."""
    truth = [truth_with(boxes_of(A, B), ITEM, ITEM)] * 4
    boxes = boxes_of(A, B, ELSEWHERE)
    found = [found_with(boxes, [ITEM] * 3, [0.72, 0.42, 0.42])] * 4
    return Judged(found, truth, most_false_boxes)


def test_the_best_threshold_keeps_to_the_false_boxes_allowed() -> None:
    assert best_threshold(noisy()) <= 0.4
    assert 0.42 < best_threshold(noisy(most_false_boxes=0.5)) <= 0.7


def test_the_highest_threshold_is_taken_where_none_has_few_enough_false_boxes() -> None:
    truth = [truth_with(boxes_of(A), ITEM)]
    found = [found_with(boxes_of(ELSEWHERE), [ITEM], [0.99])]
    assert best_threshold(Judged(found, truth, most_false_boxes=0.5)) == 0.95


def test_every_set_of_pictures_weighs_the_same_in_the_best_threshold() -> None:
    many = Judged(*([value[0]] * 20 for value in (noisy().found, noisy().truth)))
    strict = Judged(
        [found_with(boxes_of(A, B), [ITEM] * 2, [0.9, 0.8])],
        [truth_with(boxes_of(A), ITEM)],
        most_false_boxes=0.0,
    )
    assert best_threshold(many, strict) > 0.8
