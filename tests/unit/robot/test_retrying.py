from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from robot.errors import GatewayAwayError, GatewayRefusedError
from robot.retrying import IMPATIENT, Patience, Retrying
from sorter.errors import InvalidInputError
from tests.unit.robot.conftest import FakeTime


def failing(n_times: int, error: Exception):
    calls: list[int] = []

    def attempt() -> int:
        calls.append(1)
        if len(calls) <= n_times:
            raise error
        return len(calls)

    return attempt, calls


def retrying(fake_time: FakeTime) -> Retrying:
    return Retrying(fake_time.sleep, fake_time.monotonic_s, Random(1))


@given(st.integers(1, 500), st.floats(0, 100), st.integers())
def test_a_pause_lies_between_half_and_all_of_the_doubled_one(n_failures, longest_s, seed):
    patience = Patience(first_pause_s=0.5, longest_pause_s=0.5 + longest_s)
    pause_s = patience.pause_s(n_failures, 0.0, Random(seed))
    doubled_s = min(0.5 * 2 ** (n_failures - 1), 0.5 + longest_s)
    assert doubled_s / 2 <= pause_s <= doubled_s


@given(st.floats(0, 1000), st.integers(1, 50), st.integers())
def test_a_pause_is_never_shorter_than_the_gateway_asked_for(asked_s, n_failures, seed):
    assert Patience().pause_s(n_failures, asked_s, Random(seed)) >= asked_s


def test_two_robots_do_not_come_back_at_the_same_moment():
    pauses_s = {Patience().pause_s(5, 10.0, Random(seed)) for seed in range(20)}
    assert len(pauses_s) == 20


@given(st.integers(0, 8))
def test_what_is_away_is_tried_again_until_it_answers(n_failures):
    fake_time = FakeTime()
    attempt, _calls = failing(n_failures, GatewayAwayError("away"))
    assert retrying(fake_time)(attempt, Patience()) == n_failures + 1
    assert len(fake_time.pauses_s) == n_failures


@given(st.floats(0, 300))
def test_trying_ends_within_the_patience(total_s):
    fake_time = FakeTime()
    attempt, _ = failing(10**6, GatewayAwayError("away"))
    with pytest.raises(GatewayAwayError):
        retrying(fake_time)(attempt, Patience(total_s=total_s))
    assert fake_time.now_s <= total_s


def test_impatience_tries_once():
    fake_time = FakeTime()
    attempt, calls = failing(10, GatewayAwayError("away"))
    with pytest.raises(GatewayAwayError):
        retrying(fake_time)(attempt, IMPATIENT)
    assert (len(calls), fake_time.pauses_s) == (1, [])


def test_a_refusal_is_never_tried_again():
    fake_time = FakeTime()
    attempt, calls = failing(10, GatewayRefusedError(422, "", "no"))
    with pytest.raises(GatewayRefusedError, match="no"):
        retrying(fake_time)(attempt, Patience())
    assert len(calls) == 1


@pytest.mark.parametrize(
    "wrong", [{"total_s": -1}, {"first_pause_s": 0}, {"first_pause_s": 2, "longest_pause_s": 1}]
)
def test_a_patience_without_pauses_does_not_exist(wrong):
    with pytest.raises(InvalidInputError):
        Patience(**wrong)
