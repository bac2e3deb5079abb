from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorter.clustering import FREE
from sorter.contents import (
    LEAST_SHARE_ALIKE,
    contents_of_one_kind,
    known_kinds,
    least_likeness_of_a_kind,
)
from sorter.embedding import GroupLikeness

BOLT, NUT, ODD = 4, 0, 2
KINDS = st.lists(st.sampled_from([0, 1, 2]), max_size=12)


def likeness_of(kinds):
    """Return the likeness of things of which those of one kind look the same."""
    kinds = np.array(kinds, np.int64)
    return (kinds[:, None] == kinds).astype(float)


def told_by(*kinds):
    return contents_of_one_kind(likeness_of(kinds), 0.5).tolist()


def test_an_empty_container_tells_no_kind():
    assert told_by() == []


def test_one_thing_tells_a_kind_and_so_do_several_alike():
    assert told_by(NUT) == [0]
    assert told_by(BOLT, BOLT, BOLT) == [0, 1, 2]


def test_things_of_several_kinds_tell_none():
    assert told_by(BOLT, NUT) == []
    assert told_by(BOLT, BOLT, NUT, NUT) == []
    assert told_by(BOLT, BOLT, BOLT, NUT, NUT, ODD) == []


def test_one_stray_thing_in_three_is_passed_over():
    assert told_by(NUT, BOLT, BOLT) == [1, 2]
    assert told_by(NUT, BOLT, ODD, BOLT) == []


@given(st.lists(st.floats(-1, 1), min_size=66, max_size=66), st.integers(0, 12), st.floats(-1, 1))
def test_a_kind_is_told_by_most_of_the_contents_or_not_at_all(numbers, n, least):
    alike = np.eye(12)
    alike[np.triu_indices(12, 1)] = numbers
    alike = np.maximum(alike, alike.T)[:n, :n]
    told = contents_of_one_kind(alike, least)
    assert len(told) == 0 or len(told) >= LEAST_SHARE_ALIKE * n
    if n > 1:
        others = (alike.sum(axis=1) - 1) / (n - 1)
        assert (others[told] >= least).all()


@given(KINDS)
def test_the_order_in_which_contents_come_changes_nothing(kinds):
    turned = {len(kinds) - 1 - number for number in told_by(*kinds[::-1])}
    assert turned == set(told_by(*kinds))


@given(KINDS, st.lists(st.integers(-1, 2), min_size=12, max_size=12))
def test_only_what_lies_in_a_container_tells_and_only_of_that_one(kinds, inside):
    inside = np.array(inside[: len(kinds)], np.int64)
    known = known_kinds(inside, np.eye(3)[np.array(kinds, np.int64)], 0.5)
    assert ((known == inside) | (known == FREE)).all()
    for container in range(3):
        own = np.flatnonzero(inside == container)
        told = own[contents_of_one_kind(likeness_of(np.array(kinds)[own]), 0.5)]
        assert np.flatnonzero(known == container).tolist() == told.tolist()


def test_things_of_a_kind_are_more_alike_than_a_tenth_of_the_way_up_from_two_kinds():
    alike = np.array(
        [[1, 0.8, 0.1, 0.1], [0.8, 1, 0.1, 0.1], [0.1, 0.1, 1, 0.6], [0.1, 0.1, 0.6, 1]]
    )
    seen = np.linalg.cholesky(alike)  # vectors that are so alike
    least = least_likeness_of_a_kind(GroupLikeness.of(seen, np.array([0, 0, 1, 1])))
    assert least == pytest.approx(0.1 + 0.1 * (0.7 - 0.1))


@pytest.mark.parametrize("labels", [[], [0], [0, 0], [0, 1]])
def test_where_nothing_can_be_compared_all_pass_for_one_kind(labels):
    labels = np.array(labels, np.int64)
    alike = GroupLikeness.of(np.eye(len(labels)), labels)
    assert least_likeness_of_a_kind(alike) == -1
