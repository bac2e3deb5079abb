from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from sorter.detection import (
    box_areas,
    box_coverage,
    box_iou,
    clip_boxes,
    is_cut,
    overlap_areas,
    shorter_sides,
)
from sorter.errors import InvalidInputError
from sorter.types import ImageSize
from tests.strategies import CAMERA, box_arrays, boxes, image_sizes


@given(box_arrays(), box_arrays())
def test_overlap_is_symmetric_and_a_share(a, b):
    iou = box_iou(a[:, None], b)
    assert iou.shape == (len(a), len(b))
    assert ((iou >= 0) & (iou <= 1)).all()
    np.testing.assert_allclose(iou, box_iou(b[:, None], a).T)


@given(box_arrays())
def test_a_box_overlaps_itself_whole(some):
    np.testing.assert_allclose(box_iou(some, some), 1)
    np.testing.assert_allclose(box_coverage(some, some), 1)


@given(box_arrays(), boxes())
def test_a_box_is_covered_at_least_as_much_as_the_two_overlap(some, other):
    assert (box_coverage(some, np.array(other)) >= box_iou(some, np.array(other)) - 1e-9).all()


def test_overlap_is_counted_in_areas():
    a, b = np.array([0, 0, 10, 10]), np.array([5, 0, 15, 20])
    assert box_areas(a) == 100
    assert shorter_sides(b) == 10
    assert overlap_areas(a, b) == 50
    assert box_iou(a, b) == pytest.approx(50 / 250)
    assert box_coverage(a, b) == pytest.approx(0.5)
    assert box_coverage(b, a) == pytest.approx(0.25)


def test_boxes_that_only_touch_overlap_by_nothing():
    a = np.array([0, 0, 10, 10])
    assert box_iou(a, np.array([10, 0, 20, 10])) == 0
    assert box_iou(a, np.array([10, 10, 20, 20])) == 0


def test_empty_boxes_overlap_by_nothing_instead_of_dividing_by_it():
    empty = np.array([5, 5, 5, 5])
    assert box_iou(empty, empty) == 0
    assert box_coverage(empty, np.array([0, 0, 10, 10])) == 0


@given(box_arrays(size=ImageSize(4000, 4000)), image_sizes())
def test_clipping_leaves_what_the_picture_shows(some, size):
    shown = clip_boxes(some, size)
    picture = np.array([0, 0, size.width_px, size.height_px])
    np.testing.assert_allclose(box_areas(shown), overlap_areas(some, picture))


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((17, 17, 1623, 1215), False),
        ((16, 17, 1623, 1215), True),
        ((17, 16, 1623, 1215), True),
        ((17, 17, 1624, 1215), True),
        ((17, 17, 1623, 1216), True),
    ],
)
def test_a_box_is_cut_where_it_ends_within_a_hundredth_of_the_edge(box, expected):
    assert bool(is_cut(np.array(box), CAMERA)) is expected


@pytest.mark.parametrize("measure", [box_areas, shorter_sides])
def test_rows_that_are_not_boxes_are_refused(measure):
    with pytest.raises(InvalidInputError, match=r"\(2, 3\)"):
        measure(np.zeros((2, 3)))
