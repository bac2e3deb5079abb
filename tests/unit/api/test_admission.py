from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.admission import Admission, is_full_for, retry_after_s
from api.errors import QueueFullError
from storage.records import Backlog
from tests.unit.api.clock import FakeClock

ARM_ID = "arm-1"


class CountingStore:
    """Tells a backlog, and how often it was asked."""

    def __init__(self, n_waiting: int, drained_per_s: float = 2.0, arm_id: str = ARM_ID) -> None:
        self.backlog = Backlog({arm_id: n_waiting}, drained_per_s)
        self.n_asked = 0

    def load_backlog(self) -> Backlog:
        self.n_asked += 1
        return self.backlog


def make_admission(store: CountingStore, clock: FakeClock, max_waiting: int = 10) -> Admission:
    return Admission(store, clock, max_waiting=max_waiting, cache_s=0.5)


def test_a_picture_is_taken_in_below_the_limit_and_refused_at_it() -> None:
    make_admission(CountingStore(9), FakeClock()).check(ARM_ID)
    with pytest.raises(QueueFullError):
        make_admission(CountingStore(10), FakeClock()).check(ARM_ID)


def test_the_refusal_says_when_the_surplus_will_be_worked_off() -> None:
    with pytest.raises(QueueFullError) as refusal:
        make_admission(CountingStore(19, drained_per_s=2.0), FakeClock()).check(ARM_ID)
    assert refusal.value.retry_after_s == 5


def test_the_rows_are_counted_at_most_once_within_the_cache_time() -> None:
    store, clock = CountingStore(0), FakeClock()
    admission = make_admission(store, clock)
    admission.check(ARM_ID)
    clock.sleep(0.49)
    admission.check(ARM_ID)
    assert store.n_asked == 1
    clock.sleep(0.01)
    admission.check(ARM_ID)
    assert store.n_asked == 2


def test_a_burst_between_two_counts_cannot_slip_past_the_limit() -> None:
    admission = make_admission(CountingStore(0), FakeClock(), max_waiting=3)
    for _ in range(3):
        admission.check(ARM_ID)
        admission.note_accepted(ARM_ID)
    with pytest.raises(QueueFullError):
        admission.check(ARM_ID)


def test_a_new_count_replaces_what_was_added_since_the_last() -> None:
    store, clock = CountingStore(0), FakeClock()
    admission = make_admission(store, clock, max_waiting=3)
    admission.check(ARM_ID)
    for _ in range(3):
        admission.note_accepted(ARM_ID)
    clock.sleep(1.0)
    admission.check(ARM_ID)


@given(
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.none() | st.floats(0, 1e6, allow_nan=False),
)
def test_nobody_is_sent_away_for_less_than_a_second_or_more_than_a_minute(
    n_waiting: int, max_waiting: int, rate: float | None
) -> None:
    assert 1 <= retry_after_s(Backlog({ARM_ID: n_waiting}, rate), max_waiting) <= 60


@given(st.integers(1, 1000), st.integers(0, 1000), st.floats(0.1, 1e3), st.floats(0.1, 1e3))
def test_whoever_comes_back_when_told_finds_room_if_the_rate_has_held(
    max_waiting: int, n_over: int, rate: float, other_rate: float
) -> None:
    backlog = Backlog({ARM_ID: max_waiting + n_over}, rate)
    retry_s = retry_after_s(backlog, max_waiting)
    n_left = backlog.n_waiting - rate * retry_s
    assert n_left <= max_waiting - 1 + 1e-6 or retry_s == 60
    slower, faster = sorted([rate, other_rate])
    times_s = [
        retry_after_s(Backlog(backlog.waiting_by_arm, each), max_waiting)
        for each in (slower, faster)
    ]
    assert times_s[0] >= times_s[1], "a faster queue asks for no more patience"


def test_where_nothing_is_worked_off_the_longest_time_is_named() -> None:
    assert retry_after_s(Backlog({ARM_ID: 10}, 0.0), 10) == 60


def test_before_anything_was_measured_a_short_time_is_named() -> None:
    assert retry_after_s(Backlog({ARM_ID: 10}, None), 10) == 10


def test_a_flooding_arm_locks_no_other_out() -> None:
    admission = make_admission(CountingStore(10, arm_id="flood"), FakeClock())
    for _ in range(5):
        admission.check(ARM_ID)
        admission.note_accepted(ARM_ID)
    for arm_id in (ARM_ID, "flood"):
        with pytest.raises(QueueFullError):
            admission.check(arm_id)


@given(st.lists(st.sampled_from("abcdef"), max_size=80), st.integers(1, 12))
def test_an_arm_with_less_than_its_share_gets_in_until_twice_the_limit_waits(
    posts: list[str], max_waiting: int
) -> None:
    waiting: Counter[str] = Counter()
    for arm_id in posts:
        n_before, n_arms = waiting.total(), len(waiting.keys() | {arm_id})
        has_less = waiting[arm_id] < max_waiting / n_arms
        is_full = is_full_for(arm_id, Backlog(waiting, None), max_waiting)
        assert is_full == (
            n_before >= max_waiting and (not has_less or n_before >= 2 * max_waiting)
        )
        waiting[arm_id] += not is_full
    assert waiting.total() <= 2 * max_waiting
    assert max(waiting.values(), default=0) <= max_waiting
