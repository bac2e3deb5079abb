"""Laws of what covers what on the table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robot.outlines import ground_of, hidden_share, place_against, place_over
from robot.table import TableItem

KINDS = st.sampled_from(["key", "coin", "dice", "hex_bolt"])
ANGLES = st.floats(-7, 7)
NUDGE_PX = 5.0


@st.composite
def items(draw: st.DrawFn) -> TableItem:
    return TableItem(draw(KINDS), (30.0, 1400.0), draw(ANGLES), draw(st.floats(60, 160)), 5)


def moved(item: TableItem, toward_rad: float, by_px: float) -> TableItem:
    x, y = item.centre_xy_px
    place = (float(x + np.cos(toward_rad) * by_px), float(y - np.sin(toward_rad) * by_px))
    return replace(item, centre_xy_px=place)


@given(items(), items(), ANGLES)
@settings(max_examples=30, deadline=None)
def test_what_is_laid_against_another_thing_touches_it_and_no_more(
    lower: TableItem, upper: TableItem, toward: float
) -> None:
    laid = replace(upper, centre_xy_px=place_against(lower, upper, toward, 0.0))
    assert hidden_share(lower, laid) < 0.05
    assert hidden_share(lower, moved(laid, toward, -NUDGE_PX)) > 0


@given(items(), items(), ANGLES, st.floats(0.05, 0.35))
@settings(max_examples=30, deadline=None)
def test_what_is_laid_over_another_thing_hides_less_of_it_than_allowed(
    lower: TableItem, upper: TableItem, toward: float, share: float
) -> None:
    laid = replace(upper, centre_xy_px=place_over(lower, upper, toward, 0.0, share))
    assert hidden_share(lower, laid) <= share + 0.05


def test_a_coin_can_hide_a_third_of_another() -> None:
    lower = TableItem("coin", (0.0, 1400.0), 0.0, 100.0, 5)
    laid = replace(lower, centre_xy_px=place_over(lower, lower, 0.7, 10.0, 0.33))
    assert hidden_share(lower, laid) == pytest.approx(0.31, abs=0.04)


@given(items(), ANGLES)
@settings(max_examples=20, deadline=None)
def test_a_thing_covers_as_much_ground_however_it_is_turned(item: TableItem, turn: float) -> None:
    ground, turned = ground_of(item), ground_of(item, turn)
    assert ground.sum() == pytest.approx(turned.sum(), rel=0.12)
    assert ground.shape[0] % 2 == 1


def test_things_far_apart_hide_nothing_of_each_other() -> None:
    item = TableItem("key", (0.0, 1400.0), 0.0, 100.0, 5)
    assert hidden_share(item, replace(item, centre_xy_px=(500.0, 1400.0))) == 0
    assert hidden_share(item, item) == 1


def test_things_that_are_aimed_past_each_other_end_up_side_by_side() -> None:
    item = TableItem("coin", (0.0, 1400.0), 0.0, 100.0, 5)
    x, y = place_against(item, item, 0.0, 300.0)
    assert np.hypot(x, y - 1400.0) > 300
