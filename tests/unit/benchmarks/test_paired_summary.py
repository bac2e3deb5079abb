from __future__ import annotations

from statistics import mean, median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.grouping import Grouping
from benchmarks.paired_scene import PairedRow, Side
from benchmarks.paired_summary import (
    compare,
    compare_all,
    grouping_shares,
    sign_test_p,
    summary_document,
)
from benchmarks.truth import MergeErrors
from robot.judge import Score

NUMBERS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=20)


def make_side(errors: int = 0, right: int = 4, picks: int = 4, travel_pw: float = 700.0) -> Side:
    score = Score(items=4, items_right=right, picks=picks, picks_hit=picks)
    return Side(4, 2, MergeErrors(errors, 0), score, travel_pw)


def make_row(ours: Side, original: Side) -> PairedRow:
    groupings = (Grouping("kmeans", 4, 3), Grouping("spherical", 4, 4))
    return PairedRow(6000, ("nut",), ours, original, 2 * ours.travel_pw, groupings)


@given(NUMBERS)
def test_exchanging_the_sides_exchanges_better_and_worse(pairs: list[tuple[int, int]]) -> None:
    one = compare("", pairs, mean, less_is_better=True)
    other = compare("", [(b, a) for a, b in pairs], mean, less_is_better=True)
    assert (one.better, one.worse, one.ours) == (other.worse, other.better, other.original)
    assert one.p == other.p


@given(NUMBERS)
def test_asking_for_more_instead_of_less_exchanges_better_and_worse(
    pairs: list[tuple[int, int]],
) -> None:
    less = compare("", pairs, median, less_is_better=True)
    more = compare("", pairs, median, less_is_better=False)
    assert (less.better, less.worse) == (more.worse, more.better)


@given(st.integers(0, 200))
def test_alike_tables_say_nothing_about_chance(n_alike: int) -> None:
    one = compare("", [(1, 2)] * 5 + [(3, 3)] * n_alike, mean, less_is_better=True)
    assert one.p == sign_test_p(5, 0) == pytest.approx(2 * 0.5**5)
    assert one.better_share == 1.0


def test_where_no_table_differs_ours_is_not_worse_on_any() -> None:
    one = compare("", [(1, 1)], mean, less_is_better=True)
    assert (one.better_share, one.p) == (1.0, 1.0)


def test_the_sign_test_knows_a_coin_thrown_ten_times() -> None:
    assert sign_test_p(9, 1) == pytest.approx(2 * 11 / 1024)


def test_a_side_that_commands_nothing_has_no_travel_to_compare() -> None:
    idle = make_side(right=0, picks=0, travel_pw=0.0)
    compared = {one.measure: one for one in compare_all([make_row(make_side(), idle)])}
    assert compared["travel a table, s"].tables == compared["picks that hit"].tables == 0
    assert compared["items right"].better == 1


def test_travel_is_told_in_seconds_for_the_table_and_for_an_item() -> None:
    row = make_row(make_side(travel_pw=1400.0), make_side(travel_pw=2800.0))
    compared = {one.measure: one for one in compare_all([row])}
    assert compared["travel a table, s"].ours == 2.0
    assert compared["travel an item moved, s"].original == 1.0


def test_the_order_alone_is_compared_on_our_own_commands() -> None:
    order = compare_all([make_row(make_side(travel_pw=1400.0), make_side(travel_pw=1.0))])[-1]
    assert (order.ours, order.original, order.better) == (2.0, 4.0, 1)


def test_groupings_are_shares_of_all_items() -> None:
    rows = [make_row(make_side(), make_side())] * 2
    assert grouping_shares(rows) == {"kmeans": 0.75, "spherical": 1.0}


def test_the_summary_holds_sums_of_either_side() -> None:
    rows = [make_row(make_side(), make_side(errors=3, right=1))] * 2
    document = summary_document(rows)
    assert document["ours"]["items_right"] == 8
    assert document["original"]["split"] == 6
    assert document["comparisons"][0]["better_share"] == 1.0


def test_no_tables_have_an_empty_summary() -> None:
    assert summary_document([])["tables"] == 0
