from __future__ import annotations

from dataclasses import replace
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from robot.judge import Grip, Placement, Score, is_right, judge, match_kinds

PLACEMENTS = st.lists(
    st.builds(
        Placement,
        kind=st.sampled_from(["bolt", "coin", "key", "nut"]),
        container=st.none() | st.integers(0, 3),
        was_free=st.booleans(),
    ),
    max_size=14,
)
GRIPS = st.lists(st.builds(Grip, has_item=st.booleans(), was_inside=st.booleans()), max_size=10)


def most_right_by_trying_all(placements: list[Placement]) -> int:
    """Return the most items that any one-to-one matching of kinds to containers gets right."""
    kinds = ["bolt", "coin", "key", "nut"]
    free = [p for p in placements if p.was_free]
    return max(
        sum(p.container is not None and order[p.container] == p.kind for p in free)
        for order in permutations(kinds)
    )


@given(PLACEMENTS, GRIPS)
@settings(max_examples=60)
def test_kinds_are_matched_so_that_most_items_are_right(placements, grips):
    assert judge(placements, grips).items_right == most_right_by_trying_all(placements)


@given(PLACEMENTS)
def test_no_kind_has_two_containers_and_every_matched_container_holds_its_kind(placements):
    matched = match_kinds(placements)
    assert len(set(matched.values())) == len(matched)
    for container, kind in matched.items():
        assert Placement(kind, container, was_free=True) in placements


@given(PLACEMENTS, st.permutations(range(4)))
def test_the_score_depends_on_neither_the_containers_numbers_nor_the_order(placements, renamed):
    other = [
        replace(p, container=None if p.container is None else renamed[p.container])
        for p in reversed(placements)
    ]
    assert judge(other, []) == judge(placements, [])


@given(PLACEMENTS, st.sampled_from(["bolt", "coin"]), st.integers(0, 3))
def test_what_lay_in_a_container_from_the_start_changes_nothing(placements, kind, container):
    inside = [Placement(kind, container, was_free=False)] * 5
    assert judge([*placements, *inside], []) == judge(placements, [])


@given(PLACEMENTS, GRIPS)
def test_a_score_never_counts_more_than_there_is(placements, grips):
    score = judge(placements, grips)
    assert 0 <= score.items_right <= score.items <= len(placements)
    assert score.picks_hit + score.picked_from_container <= score.picks == len(grips)


@given(st.integers(1, 6), st.integers(1, 4))
def test_every_item_in_its_own_kinds_container_is_all_right(n_each, n_kinds):
    placements = [Placement(str(k), k, was_free=True) for k in range(n_kinds)] * n_each
    score = judge(placements, [Grip(has_item=True)] * len(placements))
    assert (score.right_rate, score.hit_rate) == (1.0, 1.0)


def test_kinds_beyond_the_containers_are_never_right():
    placements = [Placement(kind, 0, was_free=True) for kind in "aaabb"]
    assert match_kinds(placements) == {0: "a"}
    assert [is_right(p, match_kinds(placements)) for p in placements] == [True] * 3 + [False] * 2
    assert judge(placements, []).items_right == 3


def test_two_containers_of_one_kind_are_right_only_in_the_fuller_one():
    placements = [Placement("a", container, was_free=True) for container in (0, 0, 1)]
    assert judge(placements, []).items_right == 2


def test_a_pick_out_of_a_container_is_no_hit():
    grips = [Grip(has_item=True, was_inside=True), Grip(has_item=False), Grip(has_item=True)]
    score = judge([], grips)
    assert (score.picks, score.picks_hit, score.picked_from_container) == (3, 1, 1)


def test_nothing_to_do_is_nothing_wrong():
    assert (judge([], []).right_rate, judge([], []).hit_rate) == (1.0, 1.0)


@given(st.lists(st.builds(Score, *[st.integers(0, 9)] * 5), max_size=5))
def test_scores_of_several_tables_add_up(scores):
    total = Score.total(scores)
    assert total.items == sum(s.items for s in scores)
    assert total.picked_from_container == sum(s.picked_from_container for s in scores)
