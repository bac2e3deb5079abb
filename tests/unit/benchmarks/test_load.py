from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.load import Load, Spread, gamma_arrivals, growth_exponents


@given(st.integers(1, 50), st.floats(0.1, 500), st.integers(0, 99))
def test_arrivals_start_at_once_and_never_go_back(n, per_s, seed):
    after_s = gamma_arrivals(n, per_s, seed)
    assert len(after_s) == n
    assert after_s[0] == 0
    assert after_s == sorted(after_s)
    assert gamma_arrivals(n, per_s, seed) == after_s


def test_arrivals_come_at_the_rate_asked_for_and_in_bursts():
    pauses_s = np.diff(gamma_arrivals(20_000, per_s=40.0))
    assert pauses_s.mean() == pytest.approx(1 / 40, rel=0.05)
    assert pauses_s.std() > 1.2 * pauses_s.mean()  # evenly spread would be 0, Poisson 1


@given(st.lists(st.floats(1e-4, 100), min_size=1, max_size=50))
def test_percentiles_rise_and_lie_among_the_times(seconds):
    spread = Spread.of(seconds)
    assert spread.p50_ms <= spread.p95_ms <= spread.p99_ms
    assert min(seconds) * 1000 - 1e-3 <= spread.p50_ms
    assert spread.p99_ms <= max(seconds) * 1000 + 1e-3


@given(st.floats(0.5, 3), st.floats(1e-6, 1))
def test_the_growth_exponent_of_a_power_is_that_power(power, factor):
    sizes = [10, 100, 5000]
    found = growth_exponents(sizes, [factor * n**power for n in sizes])
    assert found == pytest.approx([power, power])


def test_a_load_is_written_down_for_another_process(tmp_path):
    load = Load("http://x", [("ARM1", "key")], [tmp_path / "a.png"], [0.0, 0.5], is_sealing=True)
    told = json.loads(load.document())
    assert told["arms"] == [["ARM1", "key"]]
    assert told["pictures"] == [str(tmp_path / "a.png")]
    assert (told["after_s"], told["is_sealing"]) == ([0.0, 0.5], True)
