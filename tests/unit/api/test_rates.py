"""Limits on an arm's requests."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import TooManyRequestsError
from api.rates import MAX_BUCKETS, ArmRates, Rate
from sorter.errors import InvalidInputError
from tests.unit.api.clock import FakeClock
from tests.unit.api.gateway import FakeGateway, problem_of


def is_let_through(rates: ArmRates, arm_id: str = "arm-1") -> bool:
    try:
        rates.check(arm_id)
    except TooManyRequestsError:
        return False
    return True


@given(
    st.floats(0.1, 100),
    st.integers(1, 20),
    st.lists(st.floats(0, 3), min_size=1, max_size=60),
)
def test_never_more_than_the_burst_and_what_was_refilled_since_and_never_less(
    per_s: float, burst: int, pauses_s: list[float]
) -> None:
    clock = FakeClock()
    rates = ArmRates(Rate(per_s, burst), clock)
    tokens = float(burst)
    for pause_s in pauses_s:
        clock.sleep(pause_s)
        tokens = min(tokens + pause_s * per_s, burst)
        is_through = is_let_through(rates)
        if abs(tokens - 1) > 0.01:  # nearer, rounding decides
            assert is_through == (tokens > 1)
        tokens -= is_through


@given(st.floats(0.1, 100), st.integers(1, 20))
def test_whoever_comes_back_when_told_is_let_through(per_s: float, burst: int) -> None:
    clock = FakeClock()
    rates = ArmRates(Rate(per_s, burst), clock)
    while is_let_through(rates):
        pass
    with pytest.raises(TooManyRequestsError) as refusal:
        rates.check("arm-1")
    clock.sleep(refusal.value.retry_after_s)
    assert is_let_through(rates)


def test_one_arms_requests_cost_no_other_arm_any() -> None:
    rates = ArmRates(Rate(1, 1), FakeClock())
    assert [is_let_through(rates, arm) for arm in ("a", "a", "b", "b")] == [1, 0, 1, 0]


def test_arms_that_have_been_quiet_are_forgotten() -> None:
    clock = FakeClock()
    rates = ArmRates(Rate(1, 1), clock)
    for number in range(MAX_BUCKETS):
        rates.check(f"arm-{number}")
    clock.sleep(2)
    rates.check("one-more")
    assert len(rates._full_at_s) == 1


@pytest.mark.parametrize(("per_s", "burst"), [(0, 1), (-1, 1), (float("nan"), 1), (1, 0)])
def test_a_rate_that_lets_nothing_through_is_refused(per_s: float, burst: int) -> None:
    with pytest.raises(InvalidInputError):
        Rate(per_s, burst)


def test_an_arm_over_its_limit_gets_429_and_when_to_come_back_and_others_are_served() -> None:
    gateway = FakeGateway(rate=Rate(per_s=0.5, burst=3))
    session_id = gateway.open_session()
    for _ in range(2):
        assert gateway.get(f"/sessions/{session_id}").status_code == 200
    refused = gateway.post_image(session_id)
    problem_of(refused, 429, "too-many-requests")
    assert refused.headers["Retry-After"] == "2"
    assert gateway.images.images == {}
    other = gateway.make_key_headers("arm-2")
    assert (
        gateway.client.post("/sessions", json={"arm_id": "arm-2"}, headers=other).status_code == 201
    )
    gateway.clock.sleep(2)
    assert gateway.post_image(session_id).status_code == 202


def test_probes_and_requests_without_a_key_are_no_arms() -> None:
    gateway = FakeGateway(rate=Rate(per_s=1, burst=1))
    assert gateway.get("/sessions/none").status_code == 404
    for _ in range(3):
        assert gateway.client.get("/readyz").status_code == 200
        assert gateway.client.get("/sessions/none").status_code == 401
