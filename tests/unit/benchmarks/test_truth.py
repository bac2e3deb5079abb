from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.truth import (
    MergeErrors,
    Sighting,
    TrueThing,
    count_merge_errors,
    thing_of_group,
    true_things,
)
from sorter.types import Label
from tests.unit.benchmarks.scenes import HALF_PX, make_seen

Shown = dict[Sighting, TrueThing]


def shown_things(min_things: int = 1) -> st.SearchStrategy[Shown]:
    """Return sightings of several things, at least two of each."""
    counts = st.lists(st.integers(2, 5), min_size=min_things, max_size=6)
    return counts.map(
        lambda some: {
            (f"{number}", row): (Label.ITEM, number)
            for number, n in enumerate(some)
            for row in range(n)
        }
    )


def perfect(shown: Shown) -> list[list[Sighting]]:
    """Return one group a thing."""
    return [[one for one in shown if shown[one] == thing] for thing in sorted(set(shown.values()))]


@given(shown_things())
def test_one_group_a_thing_is_free_of_errors(shown: Shown) -> None:
    assert count_merge_errors(perfect(shown), shown) == MergeErrors(0, 0)


@given(shown_things())
def test_splitting_one_thing_adds_exactly_one_error(shown: Shown) -> None:
    first, *others = perfect(shown)
    assert count_merge_errors([first[:1], first[1:], *others], shown) == MergeErrors(1, 0)


@given(shown_things(min_things=2))
def test_joining_two_things_adds_exactly_one_error(shown: Shown) -> None:
    first, second, *others = perfect(shown)
    assert count_merge_errors([first + second, *others], shown) == MergeErrors(0, 1)


@given(shown_things(min_things=2))
def test_the_order_of_groups_and_sightings_changes_nothing(shown: Shown) -> None:
    rng = np.random.default_rng(len(shown))
    groups = [[one, *perfect(shown)[0]] for one in shown]
    shuffled = [list(reversed(groups[number])) for number in rng.permutation(len(groups))]
    assert count_merge_errors(groups, shown) == count_merge_errors(shuffled, shown)


@given(shown_things())
def test_groups_of_nothing_and_missing_sightings_count_neither_way(shown: Shown) -> None:
    groups = [[("ghost", 0)], *perfect(shown)]
    groups[1] = groups[1][1:]
    assert count_merge_errors(groups, shown).total == 0


def test_errors_add_up() -> None:
    assert MergeErrors(1, 2) + MergeErrors(3, 4) == MergeErrors(4, 6)
    assert MergeErrors(1, 2).total == 3


def test_a_group_shows_what_most_of_its_sightings_show() -> None:
    shown = {("a", 0): (Label.ITEM, 7), ("b", 0): (Label.ITEM, 3), ("c", 0): (Label.ITEM, 7)}
    assert thing_of_group([*shown, ("ghost", 0)], shown) == (Label.ITEM, 7)
    assert thing_of_group([("ghost", 0)], shown) is None


def test_each_detection_shows_the_thing_that_its_box_lies_on() -> None:
    seen = make_seen([(1450.0, 1300.0), (1550.0, 1700.0)], [(1450.0, 1300.0)])
    shown = true_things(seen)
    assert {shown["1500", row] for row in range(3)} == {
        (Label.ITEM, 0),
        (Label.ITEM, 1),
        (Label.CONTAINER, 0),
    }


def test_a_detection_that_lies_less_than_half_on_a_thing_shows_nothing() -> None:
    seen = make_seen([(1500.0, 1500.0)], positions_pw=[1500.0])
    seen.photographs[0].detections.xyxy_px[:, [0, 2]] += 0.7 * HALF_PX
    assert true_things(seen) == {}


def test_a_detection_of_the_other_label_shows_nothing() -> None:
    seen = make_seen([(1500.0, 1500.0)], positions_pw=[1500.0])
    seen.truths[0].labels[:] = Label.CONTAINER
    assert true_things(seen) == {}


def test_pictures_in_which_nothing_is_detected_show_nothing() -> None:
    assert true_things(make_seen([])) == {}
