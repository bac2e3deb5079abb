from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorter.contents import contents_of_one_kind

BOLT, BENT_BOLT, NUT, ODD = np.eye(4)[0], np.array([0.8, 0, 0, 0.6]), np.eye(4)[1], np.eye(4)[2]


def told_by(*contents):
    return contents_of_one_kind(np.array(contents).reshape(-1, 4)).tolist()


def test_an_empty_container_tells_no_kind():
    assert told_by() == []


def test_one_thing_tells_a_kind_and_so_do_several_alike():
    assert told_by(NUT) == [0]
    assert told_by(BOLT, BENT_BOLT, BOLT) == [0, 1, 2]


def test_things_of_several_kinds_tell_none():
    assert told_by(BOLT, NUT) == []
    assert told_by(BOLT, BOLT, NUT) == []
    assert told_by(BOLT, BOLT, NUT, NUT) == []


def test_one_stray_thing_in_four_is_passed_over():
    assert told_by(NUT, BOLT, BENT_BOLT, BOLT) == [1, 2, 3]
    assert told_by(NUT, BOLT, ODD, BOLT) == []


def test_a_crop_that_shows_nothing_still_stands_for_itself():
    assert told_by(np.zeros(4)) == [0]
    assert told_by(np.zeros(4), np.zeros(4)) == []


@given(st.lists(st.sampled_from([0, 1, 2]), min_size=1, max_size=12))
def test_a_kind_is_told_where_three_quarters_are_of_it(kinds):
    counts = np.bincount(kinds)
    told = told_by(*np.eye(4)[kinds])
    if counts.max() >= 0.75 * len(kinds):
        assert told == np.flatnonzero(np.array(kinds) == counts.argmax()).tolist()
    else:
        assert told == []


@pytest.mark.parametrize("n", [1, 5])
def test_the_order_in_which_contents_come_changes_nothing(n):
    contents = np.array([BOLT, BENT_BOLT, NUT, BOLT, BOLT])[:n]
    turned = {n - 1 - number for number in told_by(*contents[::-1])}
    assert turned == set(told_by(*contents))
