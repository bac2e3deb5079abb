from __future__ import annotations

import numpy as np
from hypothesis import given

from sorter.deduplication import deduplicate
from sorter.joints import without_joint_boxes, without_joint_groups
from sorter.sightings import locate
from sorter.types import Detections, Photograph
from tests.strategies import sessions
from tests.unit.sorter.tables import ARM_GEOMETRY, SIZE, seen

LEFT, RIGHT, BOTH = (700, 500, 780, 580), (785, 510, 860, 600), (702, 498, 858, 602)
LOOSE = (650, 400, 930, 700)


def left_over(*boxes, n_images=1):
    """Return the numbers of the boxes that are no joint ones."""
    found = without_joint_boxes(seen(*boxes, n_images=n_images))
    kept = {tuple(box) for box in found.xyxy_px.tolist()}
    return [number for number, box in enumerate(boxes) if tuple(map(float, box)) in kept]


def test_a_box_around_two_others_of_its_picture_goes():
    assert left_over(LEFT, RIGHT, BOTH) == [0, 1]


def test_a_box_around_one_other_stays():
    assert left_over(LEFT, BOTH) == [0, 1]


def test_a_box_that_is_much_larger_than_the_two_in_it_is_a_thing_on_which_they_lie():
    assert left_over(LEFT, RIGHT, LOOSE) == [0, 1, 2]


def test_two_boxes_around_one_part_do_not_make_a_whole_joint():
    again = (704, 503, 782, 584)
    assert left_over(LEFT, again, (700, 500, 785, 590)) == [0, 1, 2]


def test_boxes_of_other_pictures_make_no_box_joint():
    assert left_over(LEFT, BOTH, RIGHT, (0, 0, 50, 50), n_images=2) == [0, 1, 2, 3]


def test_of_twins_neither_is_around_the_other():
    assert left_over(LEFT, RIGHT, BOTH, BOTH) == [0, 1]
    assert len(without_joint_boxes(seen(LEFT, LEFT, LEFT))) == 3


def test_without_sightings_nothing_is_joint():
    assert len(without_joint_boxes(seen())) == 0
    assert without_joint_groups(seen(), []) == []


@given(sessions(min_size=1))
def test_what_is_left_keeps_its_order_and_holds_all_that_overlaps_nothing(photographs):
    found = locate(photographs, ARM_GEOMETRY)
    rows = [(image, row) for image, row in zip(found.image, found.row, strict=True)]
    left = without_joint_boxes(found)
    kept = [(image, row) for image, row in zip(left.image, left.row, strict=True)]
    assert kept == [one for one in rows if one in set(kept)]
    smallest = (
        np.argmin(np.prod(found.xyxy_px[:, 2:] - found.xyxy_px[:, :2], axis=1)) if rows else 0
    )
    assert not rows or rows[smallest] in kept


def groups_left(*pictures):
    """Return how many sightings each group has that is left, given the boxes of each picture."""
    photographs = [
        Photograph(
            str(number),
            1500.0,
            SIZE,
            Detections(np.float32(boxes), np.zeros(len(boxes), int), np.ones(len(boxes))),
        )
        for number, boxes in enumerate(pictures)
    ]
    found = locate(photographs, ARM_GEOMETRY)
    groups = deduplicate(found, 5.0)
    return sorted(len(group) for group in without_joint_groups(found, groups))


def test_a_thing_that_is_seen_where_two_others_are_seen_more_often_is_none():
    assert groups_left([LEFT, RIGHT], [LEFT, RIGHT], [BOTH]) == [2, 2]


def test_a_thing_that_is_seen_as_often_as_the_two_within_it_is_one():
    assert groups_left([LEFT, RIGHT, LOOSE], [LEFT, RIGHT, LOOSE]) == [2, 2, 2]


def test_a_thing_within_which_only_one_other_lies_is_one():
    assert groups_left([LEFT], [LEFT], [BOTH]) == [1, 2]
