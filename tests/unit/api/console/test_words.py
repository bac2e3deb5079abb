"""Times and numbers as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.console.words import count_of, duration, moment, percent

UNITS_S = {"s": 1, "min": 60, "h": 3600, "d": 86_400}


@given(st.floats(0, 1e7))
def test_a_duration_is_right_to_a_twentieth_of_itself(seconds):
    number, unit = duration(seconds).split()
    assert float(number) * UNITS_S[unit] == pytest.approx(seconds, rel=0.34, abs=0.051)
    assert float(number) < 120


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "–"), (-1, "0.0 s"), (0.44, "0.4 s"), (42, "42 s"), (180, "3 min"), (7200, "2 h")],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_a_moment_is_told_in_utc():
    at = datetime(2026, 11, 20, 9, 30, 1, tzinfo=timezone(timedelta(hours=1)))
    assert moment(at) == moment(at.astimezone(UTC)) == "2026-11-20 08:30:01"
    assert moment(None) == "–"


def test_one_thing_is_not_many():
    assert count_of(1, "picture", "pictures") == "1 picture"
    assert count_of(0, "picture", "pictures") == "0 pictures"
    assert count_of(2000, "picture", "pictures") == "2,000 pictures"


@given(st.floats(1e-9, 1 - 1e-9))
def test_a_share_is_never_told_as_nothing_or_as_all(share):
    assert 0 < float(percent(share).removesuffix(" %")) < 100


def test_nothing_and_all_are_told_as_that():
    assert [percent(0.0), percent(1.0), percent(None)] == ["0 %", "100 %", "–"]
