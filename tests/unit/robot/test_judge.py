from __future__ import annotations

from dataclasses import replace
from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from robot.judge import Grip, Placement, Score, is_right, judge, match_kinds

KINDS = ["bolt", "coin", "key", "nut"]


def placements_of(started_in: st.SearchStrategy[int | None]) -> st.SearchStrategy[list[Placement]]:
    placement = st.builds(
        Placement,
        kind=st.sampled_from(KINDS),
        container=st.none() | st.integers(0, 3),
        started_in=started_in,
    )
    return st.lists(placement, max_size=14)


FREE = placements_of(st.none())
PLACEMENTS = placements_of(st.none() | st.integers(0, 3))
GRIPS = st.lists(st.builds(Grip, has_item=st.booleans(), was_inside=st.booleans()), max_size=10)


def most_right_by_trying_all(placements: list[Placement]) -> int:
    """Return the most items that any one-to-one matching of kinds to containers gets right."""
    return max(
        sum(p.container is not None and order[p.container] == p.kind for p in placements)
        for order in permutations(KINDS)
    )


@given(FREE, GRIPS)
@settings(max_examples=60)
def test_kinds_are_matched_to_empty_containers_so_that_most_items_are_right(placements, grips):
    assert judge(placements, grips).items_right == most_right_by_trying_all(placements)


@given(FREE)
def test_no_kind_has_two_empty_containers_and_every_matched_one_holds_its_kind(placements):
    matched = match_kinds(placements)
    assert len(set(matched.values())) == len(matched)
    for container, kind in matched.items():
        assert Placement(kind, container) in placements


@given(FREE, st.sampled_from(KINDS), st.integers(0, 3))
def test_a_container_with_contents_is_for_their_kind_whatever_is_put_into_it(
    placements, kind, container
):
    contents = [Placement(kind, container, started_in=container)] * 2
    matched = match_kinds([*placements, *contents])
    assert matched[container] == kind
    assert list(matched.values()).count(kind) == 1


@given(FREE, st.integers(0, 3))
def test_contents_of_two_kinds_in_equal_numbers_say_nothing(placements, container):
    contents = [Placement(kind, None, started_in=container) for kind in ("bolt", "nut")]
    assert match_kinds([*placements, *contents]) == match_kinds(placements)


@given(PLACEMENTS, st.integers(0, 13))
def test_contents_that_were_moved_still_tell_what_their_container_is_for(placements, number):
    moved = [
        replace(p, container=None) if n == number and not p.was_free else p
        for n, p in enumerate(placements)
    ]
    assert match_kinds(moved) == match_kinds(placements)


@given(PLACEMENTS, st.permutations(range(4)))
def test_the_score_depends_on_neither_the_containers_numbers_nor_the_order(placements, renamed):
    other = [
        replace(
            p,
            container=None if p.container is None else renamed[p.container],
            started_in=None if p.started_in is None else renamed[p.started_in],
        )
        for p in reversed(placements)
    ]
    assert judge(other, []) == judge(placements, [])


@given(PLACEMENTS)
def test_what_lay_in_a_container_from_the_start_is_never_counted(placements):
    assert judge(placements, []).items == sum(p.was_free for p in placements)


@given(PLACEMENTS, GRIPS)
def test_a_score_never_counts_more_than_there_is(placements, grips):
    score = judge(placements, grips)
    assert 0 <= score.items_right <= score.items <= len(placements)
    assert score.picks_hit + score.picked_from_container <= score.picks == len(grips)


@given(st.integers(1, 6), st.integers(1, 4))
def test_every_item_in_its_own_kinds_container_is_all_right(n_each, n_kinds):
    placements = [Placement(str(k), k) for k in range(n_kinds)] * n_each
    score = judge(placements, [Grip(has_item=True)] * len(placements))
    assert (score.right_rate, score.hit_rate) == (1.0, 1.0)


def test_kinds_beyond_the_containers_are_never_right():
    placements = [Placement(kind, 0) for kind in "aaabb"]
    assert match_kinds(placements) == {0: "a"}
    assert [is_right(p, match_kinds(placements)) for p in placements] == [True] * 3 + [False] * 2
    assert judge(placements, []).items_right == 3


def test_two_containers_of_one_kind_are_right_only_in_the_fuller_one():
    placements = [Placement("a", container) for container in (0, 0, 1)]
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
