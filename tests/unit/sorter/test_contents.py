from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sorter.contents import contents_of_one_kind

BOLT, NUT, ODD = 4, 0, 2


def told_by(*clusters):
    return contents_of_one_kind(np.array(clusters, np.int64)).tolist()


def test_an_empty_container_tells_no_kind():
    assert told_by() == []


def test_one_thing_tells_a_kind_and_so_do_several_alike():
    assert told_by(NUT) == [0]
    assert told_by(BOLT, BOLT, BOLT) == [0, 1, 2]


def test_things_of_several_kinds_tell_none():
    assert told_by(BOLT, NUT) == []
    assert told_by(BOLT, BOLT, NUT) == []
    assert told_by(BOLT, BOLT, NUT, NUT) == []


def test_one_stray_thing_in_four_is_passed_over():
    assert told_by(NUT, BOLT, BOLT, BOLT) == [1, 2, 3]
    assert told_by(NUT, BOLT, ODD, BOLT) == []


@given(st.lists(st.sampled_from([0, 1, 2]), min_size=1, max_size=12))
def test_a_kind_is_told_where_three_quarters_are_of_it(clusters):
    counts, told = np.bincount(clusters), told_by(*clusters)
    if counts.max() >= 0.75 * len(clusters):
        assert told == np.flatnonzero(np.array(clusters) == counts.argmax()).tolist()
    else:
        assert told == []


@given(st.lists(st.sampled_from([0, 1, 2]), max_size=12))
def test_the_order_in_which_contents_come_changes_nothing(clusters):
    turned = {len(clusters) - 1 - number for number in told_by(*clusters[::-1])}
    assert turned == set(told_by(*clusters))
