from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchvision.ops import nms

from sorter.detection import box_iou
from sorter.types import Label
from vision.ports import IGNORED
from vision.postprocessing import (
    ANY_LABEL_IOU,
    SAME_LABEL_IOU,
    RawBoxes,
    detections_from_boxes,
    suppress,
    unreduced,
)

FED_PX, PICTURE_PX = (100, 80), (200, 160)


@st.composite
def raw_boxes(draw: st.DrawFn) -> RawBoxes:
    """Boxes anywhere in and about a picture of 100 x 80 pixels, of any label."""
    n = draw(st.integers(0, 25))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    corner = rng.uniform(-20, 100, (n, 2))
    xyxy_px = np.hstack([corner, corner + rng.uniform(0, 50, (n, 2))]).astype(np.float32)
    scores = rng.uniform(0, 1, n).astype(np.float32)
    return RawBoxes(xyxy_px, scores, rng.integers(-1, 2, n))


def raw(*rows: tuple[tuple[float, float, float, float], float, int]) -> RawBoxes:
    boxes, scores, labels = zip(*rows, strict=True)
    return RawBoxes(
        np.array(boxes, np.float32), np.array(scores, np.float32), np.array(labels, np.int64)
    )


@given(raw_boxes(), st.floats(0.05, 0.95))
def test_the_same_boxes_stay_as_by_torchvision(found: RawBoxes, limit: float) -> None:
    by_score = found.take(np.argsort(-found.scores, kind="stable"))
    iou = box_iou(by_score.xyxy_px[:, None], by_score.xyxy_px[None])
    kept = suppress(iou, np.ones(iou.shape, np.bool_), limit)
    theirs = nms(torch.from_numpy(by_score.xyxy_px), torch.from_numpy(by_score.scores), limit)
    assert kept == theirs.tolist()


@given(raw_boxes(), st.floats(0, 1))
def test_every_answer_is_sure_sorted_in_the_picture_and_shows_each_thing_once(
    found: RawBoxes, threshold: float
) -> None:
    answer = detections_from_boxes(found, threshold, FED_PX, PICTURE_PX)
    assert (answer.scores >= threshold).all()
    assert (np.diff(answer.scores) <= 0).all()
    assert answer.xyxy_px.min(initial=0) >= 0
    assert (answer.xyxy_px <= np.array([*PICTURE_PX, *PICTURE_PX])).all()
    assert set(answer.labels.tolist()) <= {int(label) for label in Label}


@given(raw_boxes())
def test_of_boxes_inside_the_picture_no_two_overlap_by_more_than_the_rules_allow(
    found: RawBoxes,
) -> None:
    inside = found.take((found.xyxy_px.min(1) >= 0) & (found.xyxy_px.max(1) <= min(FED_PX)))
    answer = detections_from_boxes(inside, 0.0, FED_PX, PICTURE_PX)
    iou = box_iou(answer.xyxy_px[:, None], answer.xyxy_px[None])
    same = answer.labels[:, None] == answer.labels[None]
    np.fill_diagonal(iou, 0)
    assert iou.max(initial=0) <= ANY_LABEL_IOU + 1e-5
    assert iou[same].max(initial=0) <= SAME_LABEL_IOU + 1e-5


@given(raw_boxes())
def test_the_order_in_which_boxes_come_does_not_matter(found: RawBoxes) -> None:
    order = np.random.default_rng(len(found.labels)).permutation(len(found.labels))
    a = detections_from_boxes(found, 0.2, FED_PX, PICTURE_PX)
    b = detections_from_boxes(found.take(order), 0.2, FED_PX, PICTURE_PX)
    np.testing.assert_array_equal(a.xyxy_px, b.xyxy_px)
    np.testing.assert_array_equal(a.labels, b.labels)


def test_boxes_grow_with_the_picture() -> None:
    answer = detections_from_boxes(raw(((10, 20, 30, 40), 0.9, 0)), 0.5, FED_PX, PICTURE_PX)
    assert answer.xyxy_px.tolist() == [[20, 40, 60, 80]]


@pytest.mark.parametrize(
    ("rival", "kept"),
    [
        (Label.ITEM, [Label.ITEM]),  # 0.5 of the two is shared: more than one label may
        (Label.CONTAINER, [Label.ITEM, Label.CONTAINER]),  # but less than two things may not
    ],
)
def test_things_of_one_label_may_overlap_less_than_things_of_two(
    rival: Label, kept: list[Label]
) -> None:
    found = raw(((0, 0, 30, 30), 0.9, Label.ITEM), ((0, 10, 30, 40), 0.8, rival))
    answer = detections_from_boxes(found, 0.5, FED_PX, PICTURE_PX)
    assert answer.labels.tolist() == kept


def test_what_is_more_surely_something_else_is_no_item() -> None:
    hand, item = ((0, 0, 30, 30), 0.9, IGNORED), ((0, 0, 30, 31), 0.8, Label.ITEM)
    assert len(detections_from_boxes(raw(hand, item), 0.5, FED_PX, PICTURE_PX)) == 0


def test_what_lies_on_something_ignored_stays() -> None:
    table, item = ((0, 0, 100, 80), 0.9, IGNORED), ((10, 10, 30, 30), 0.8, Label.ITEM)
    answer = detections_from_boxes(raw(table, item), 0.5, FED_PX, PICTURE_PX)
    assert answer.labels.tolist() == [Label.ITEM]


def test_boxes_beyond_the_picture_are_dropped() -> None:
    found = raw(((-20, 0, 0, 10), 0.9, 0), ((100, 0, 120, 10), 0.9, 0), ((5, 5, 5, 9), 0.9, 0))
    assert len(detections_from_boxes(found, 0.5, FED_PX, PICTURE_PX)) == 0


@given(raw_boxes(), st.sampled_from([1, 2, 4, 8]), st.integers(160, 900), st.integers(160, 900))
def test_what_was_found_in_a_reduced_picture_lies_where_it_does_in_the_whole_one(
    found: RawBoxes, part: int, width_px: int, height_px: int
) -> None:
    seen_px = (-(-width_px // part), -(-height_px // part))
    small = detections_from_boxes(found, 0.0, FED_PX, seen_px)
    whole = unreduced(small, seen_px, (width_px, height_px))
    limit = np.array((width_px, height_px) * 2, np.float32)
    expected = np.minimum(small.xyxy_px * part, limit)
    is_inside = (expected[:, 0] < expected[:, 2]) & (expected[:, 1] < expected[:, 3])
    np.testing.assert_array_equal(whole.xyxy_px, expected[is_inside])
    np.testing.assert_array_equal(whole.scores, small.scores[is_inside])
