"""The rate at which pictures are worked off, as a full queue tells it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.rules import DRAIN_WINDOW_S, drain_rate


@given(st.integers(1, 10**6), st.floats(0, 1e6))
def test_the_rate_lies_between_that_of_the_whole_window_and_that_of_a_second(
    n_finished: int, busy_s: float
) -> None:
    rate = drain_rate(n_finished, busy_s)
    assert rate is not None
    assert n_finished / DRAIN_WINDOW_S <= rate <= n_finished


def test_steady_work_has_the_same_rate_from_its_first_seconds_on() -> None:
    rates = [drain_rate(4 * seconds, float(seconds)) for seconds in (1, 2, 10, 30)]
    assert rates == [4.0] * 4


@pytest.mark.parametrize(("busy_s", "rate"), [(0.0, None), (29.0, None), (30.0, 0.0), (900.0, 0.0)])
def test_nothing_finished_means_a_rate_of_zero_only_once_it_could_have(
    busy_s: float, rate: float | None
) -> None:
    assert drain_rate(0, busy_s) == rate
