from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.admission import Admission, retry_after_s
from api.errors import QueueFullError
from storage.ports import Backlog
from tests.unit.api.clock import FakeClock


class CountingStore:
    """Tells a backlog, and how often it was asked."""

    def __init__(self, n_waiting: int, drained_per_s: float = 2.0) -> None:
        self.backlog = Backlog(n_waiting, drained_per_s)
        self.n_asked = 0

    def load_backlog(self) -> Backlog:
        self.n_asked += 1
        return self.backlog


def make_admission(store: CountingStore, clock: FakeClock, max_waiting: int = 10) -> Admission:
    return Admission(store, clock, max_waiting=max_waiting, cache_s=0.5)


def test_a_picture_is_taken_in_below_the_limit_and_refused_at_it() -> None:
    make_admission(CountingStore(9), FakeClock()).check()
    with pytest.raises(QueueFullError):
        make_admission(CountingStore(10), FakeClock()).check()


def test_the_refusal_says_when_the_surplus_will_be_worked_off() -> None:
    with pytest.raises(QueueFullError) as refusal:
        make_admission(CountingStore(19, drained_per_s=2.0), FakeClock()).check()
    assert refusal.value.retry_after_s == 5


def test_the_rows_are_counted_at_most_once_within_the_cache_time() -> None:
    store, clock = CountingStore(0), FakeClock()
    admission = make_admission(store, clock)
    admission.check()
    clock.sleep(0.49)
    admission.check()
    assert store.n_asked == 1
    clock.sleep(0.01)
    admission.check()
    assert store.n_asked == 2


def test_a_burst_between_two_counts_cannot_slip_past_the_limit() -> None:
    admission = make_admission(CountingStore(0), FakeClock(), max_waiting=3)
    for _ in range(3):
        admission.check()
        admission.note_accepted()
    with pytest.raises(QueueFullError):
        admission.check()


def test_a_new_count_replaces_what_was_added_since_the_last() -> None:
    store, clock = CountingStore(0), FakeClock()
    admission = make_admission(store, clock, max_waiting=3)
    admission.check()
    for _ in range(3):
        admission.note_accepted()
    clock.sleep(1.0)
    admission.check()


@given(
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.floats(0, 1e6, allow_nan=False),
)
def test_nobody_is_sent_away_for_less_than_a_second_or_more_than_a_minute(
    n_waiting: int, max_waiting: int, rate: float
) -> None:
    assert 1 <= retry_after_s(Backlog(n_waiting, rate), max_waiting) <= 60


def test_where_nothing_is_worked_off_the_longest_time_is_named() -> None:
    assert retry_after_s(Backlog(10, 0.0), 10) == 60
