from __future__ import annotations

from benchmarks.batching import StandIn, measure


def test_a_burst_is_measured_by_its_batches_and_a_lone_picture_by_its_wait() -> None:
    figures = measure(StandIn(call_s=0.02, picture_s=0.0), max_batch=8, n_lone=5, n_burst=64)
    assert 4 < figures.burst_mean_batch <= 8
    assert 0 <= figures.lone_wait_ms_p50 <= figures.lone_wait_ms_p95
    assert figures.one_by_one_pictures_per_s == 50
