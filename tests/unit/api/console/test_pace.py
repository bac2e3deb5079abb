"""The sentence "to hold X s you need N workers" keeps its word."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.console.pace import covered_s, mean_pace, most_within, paces, quantile, workers_needed
from storage.overview import PictureTimes

TIMES_S = st.lists(st.integers(0, 400).map(lambda eighths: eighths / 8), max_size=60).map(sorted)
"""Eighths, which are exact: of tenths, whether one ends a window is a matter of rounding."""

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def longest_wait_s(arrivals_s: Sequence[float], n_workers: int, service_s: float) -> float:
    """Serve first come, first served, and return the longest wait for a worker."""
    free_at_s = [0.0] * n_workers
    longest_s = 0.0
    for at_s in arrivals_s:
        begins_s = max(heapq.heappop(free_at_s), at_s)
        longest_s = max(longest_s, begins_s - at_s)
        heapq.heappush(free_at_s, begins_s + service_s)
    return longest_s


@given(TIMES_S, st.floats(0.2, 20), st.sampled_from([1.0, 2.0, 5.0]))
def test_with_so_many_workers_no_picture_waits_longer(arrivals_s, per_s, hold_s):
    n = workers_needed(arrivals_s, 0, per_s, hold_s)
    assert longest_wait_s(arrivals_s, n, 1 / per_s) <= hold_s + 1 / per_s + 1e-6


@given(st.integers(1, 500), st.floats(0.2, 20), st.sampled_from([1.0, 2.0, 5.0]))
def test_what_waits_is_read_in_time_with_so_many_and_not_with_one_less(n_waiting, per_s, hold_s):
    n = workers_needed([], n_waiting, per_s, hold_s)
    assert n * per_s * hold_s >= n_waiting * (1 - 1e-6)
    assert n == 1 or (n - 1) * per_s * hold_s < n_waiting


@given(TIMES_S, st.floats(0.2, 20), st.sampled_from([1.0, 2.0, 5.0]))
def test_faster_workers_or_more_patience_never_take_more(arrivals_s, per_s, hold_s):
    n = workers_needed(arrivals_s, 0, per_s, hold_s)
    assert workers_needed(arrivals_s, 0, 2 * per_s, hold_s) <= n
    assert workers_needed([*arrivals_s, 1e6], 3, per_s, hold_s) >= n


@given(TIMES_S, st.integers(1, 50))
def test_the_most_within_a_window_is_what_counting_from_each_picture_gives(at_s, window_s):
    counted = [sum(begin <= one <= begin + window_s for one in at_s) for begin in at_s]
    assert most_within(at_s, window_s) == max(counted, default=0)


SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 20)), max_size=20)


@given(SPANS)
def test_what_spans_cover_is_counted_once(spans):
    seconds = {second for begin, length in spans for second in range(begin, begin + length)}
    assert covered_s((begin, begin + length) for begin, length in spans) == len(seconds)


def times(worker_id: str | None, claimed_s: float | None, finished_s: float | None) -> PictureTimes:
    def at(seconds: float | None) -> datetime | None:
        return None if seconds is None else NOON + timedelta(seconds=seconds)

    return PictureTimes(NOON, at(claimed_s), at(finished_s), worker_id)


def test_a_workers_pace_counts_the_time_in_which_it_had_pictures_and_no_other():
    found = paces(
        [
            times("gpu-2", 0, 1),
            times("gpu-1", 0, 2),
            times("gpu-1", 1, 3),
            times("gpu-1", 10, 11),
            times(None, None, None),
            times("gpu-3", 5, None),
        ]
    )
    assert [(pace.worker_id, pace.n_images, pace.busy_s) for pace in found] == [
        ("gpu-1", 3, 4.0),
        ("gpu-2", 1, 1.0),
    ]
    assert found[0].per_s == pytest.approx(0.75)
    assert mean_pace(found) == pytest.approx(4 / 5)
    assert mean_pace([]) is None


@given(st.lists(st.floats(0, 100), min_size=1), st.floats(0.01, 1))
def test_a_quantile_is_one_of_the_values_that_enough_do_not_exceed(values, share):
    found = quantile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9
    assert sum(value < found for value in values) < share * len(values) + 1e-9


def test_of_nothing_there_is_no_quantile():
    assert quantile([], 0.5) is None
