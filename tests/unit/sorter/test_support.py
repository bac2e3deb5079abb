from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sorter.deduplication import deduplicate
from sorter.joints import without_joint_boxes
from sorter.sightings import locate
from sorter.support import are_confirmed, find_unconfirmed
from sorter.types import Detections, Photograph
from tests.strategies import sessions
from tests.unit.sorter.tables import ARM_GEOMETRY, SIZE, PhotographedTable, scattered

LEFT, RIGHT, BOTH = (700, 500, 780, 580), (785, 510, 860, 600), (702, 498, 858, 602)
ELSEWHERE = (200, 200, 280, 280)
AT_THE_EDGE = (0, 500, 80, 580)
IN_THE_CORNER = (30, 40, 110, 120)


def picture(number, *boxes, score=0.9):
    found = Detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.zeros(len(boxes), np.int64),
        np.full(len(boxes), score, np.float32),
    )
    return Photograph(str(number), 1500.0, SIZE, found)


def shares_unconfirmed(photographs, repeatability_px=30.0):
    """Return the number of sightings of every unconfirmed group, and the number of groups."""
    boxes = locate(photographs, ARM_GEOMETRY)
    found = without_joint_boxes(boxes)
    groups = deduplicate(found, 5.0)
    doubtful = find_unconfirmed(groups, found, boxes, photographs, repeatability_px)
    return sorted(len(groups[one]) for one in doubtful), len(groups)


def test_what_one_of_five_pictures_shows_is_unconfirmed():
    pictures = [picture(1, LEFT, ELSEWHERE), *(picture(n, ELSEWHERE) for n in range(2, 6))]
    assert shares_unconfirmed(pictures) == ([1], 2)


def test_what_one_of_two_pictures_surely_shows_is_confirmed():
    assert shares_unconfirmed([picture(1, LEFT, ELSEWHERE), picture(2, ELSEWHERE)]) == ([], 2)


def test_what_one_of_two_pictures_hardly_shows_is_unconfirmed():
    pictures = [picture(1, LEFT, score=0.4), picture(2, ELSEWHERE)]
    assert shares_unconfirmed(pictures) == ([1], 2)


def test_a_picture_in_which_nothing_was_detected_tells_nothing():
    pictures = [picture(1, LEFT), *(picture(number) for number in range(2, 6))]
    assert shares_unconfirmed(pictures) == ([], 1)


def test_what_only_one_picture_should_show_is_confirmed_by_it():
    table = PhotographedTable(scattered(20, 1), positions_pw=(2000.0, 900.0))
    doubtful, n_groups = shares_unconfirmed(table.photographs)
    assert (doubtful, n_groups == len(table.shown)) == ([], True)


def test_every_thing_of_a_table_on_which_all_is_seen_is_confirmed():
    table = PhotographedTable(scattered(30, 2), noise_px=6)
    doubtful, n_groups = shares_unconfirmed(table.photographs)
    assert (doubtful, n_groups >= 30) == ([], True)


def test_two_things_framed_as_one_in_most_pictures_stay_confirmed():
    alone, framed = picture(1, LEFT, RIGHT), [picture(n, BOTH) for n in range(2, 6)]
    boxes = locate([alone, *framed], ARM_GEOMETRY)
    groups = [np.flatnonzero(boxes.image == 0)[[side]] for side in (0, 1)]
    assert not find_unconfirmed(groups, boxes, boxes, [alone, *framed], 30.0)


def test_a_joint_box_that_was_dropped_speaks_against_neither_of_its_two():
    pictures = [picture(1, LEFT, RIGHT), *(picture(n, LEFT, BOTH, RIGHT) for n in range(2, 6))]
    assert shares_unconfirmed(pictures) == ([], 2)


def test_a_cut_part_that_no_other_picture_shows_is_unconfirmed():
    others = [
        Photograph(str(n), 1500.0 + 100 * n, SIZE, picture(n, ELSEWHERE).detections)
        for n in (-2, 2)
    ]
    photographs = [picture(1, AT_THE_EDGE), *others]
    boxes = locate(photographs, ARM_GEOMETRY)
    cut = np.flatnonzero(boxes.is_cut)
    assert len(cut) == 1
    assert find_unconfirmed([cut], boxes, boxes, photographs, 0.0) == {0}


def test_near_the_edge_a_picture_need_not_show_what_the_arm_may_see_beyond_it():
    pictures = [picture(1, IN_THE_CORNER), *(picture(n, ELSEWHERE) for n in range(2, 6))]
    assert shares_unconfirmed(pictures, repeatability_px=10.0)[0] == [1]
    assert shares_unconfirmed(pictures, repeatability_px=60.0)[0] == []


def test_without_groups_nothing_is_unconfirmed():
    found = locate([picture(1)], ARM_GEOMETRY)
    assert find_unconfirmed([], found, found, [picture(1)], 30.0) == frozenset()


@settings(max_examples=25)
@given(sessions(min_size=1), st.randoms(use_true_random=False))
def test_the_answer_does_not_depend_on_the_order_of_the_photographs(photographs, random):
    once = shares_unconfirmed(photographs)
    random.shuffle(photographs)
    assert shares_unconfirmed(photographs) == once


COUNTS = st.lists(st.integers(0, 6), min_size=5, max_size=5).map(np.array)
SCORES = st.lists(st.floats(0, 1), min_size=5, max_size=5).map(np.array)


@given(SCORES, COUNTS, COUNTS, SCORES)
def test_more_sightings_never_make_a_thing_less_confirmed(scores, n_seen, n_missed, more):
    few = are_confirmed(scores, n_seen, n_missed)
    assert (few <= are_confirmed(scores + more, n_seen, n_missed)).all()
    found_again = np.minimum(n_missed, 1)
    assert (few <= are_confirmed(scores, n_seen + found_again, n_missed - found_again)).all()


@given(SCORES, COUNTS)
def test_what_every_picture_that_should_show_it_shows_is_confirmed(scores, n_seen):
    assert are_confirmed(scores, n_seen, np.zeros_like(n_seen)).all()
