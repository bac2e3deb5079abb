"""What benchmarks.detector makes of its measurements; it runs in tests/e2e."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest

from benchmarks.detector import (
    batches_from_text,
    one_by_one_rate,
    raw_rate,
    size_from_text,
)
from benchmarks.detector_machine import describe_versions, device_named, processor_name
from benchmarks.detector_summary import Round, document_of, summarise, table_of
from benchmarks.detector_worker import Batches, batches_from_metrics
from sorter.errors import InvalidInputError
from sorter.types import Detections, ImageSize
from vision.ports import RgbImage
from workers.batching import Call
from workers.metrics import WorkerMetrics

RATES = st.floats(0.1, 1000)


@st.composite
def rounds(draw: st.DrawFn) -> list[Round]:
    sizes = draw(st.lists(st.integers(1, 64), min_size=1, max_size=4, unique=True))
    turn = st.builds(
        Round,
        raw=st.fixed_dictionaries(dict.fromkeys(sizes, RATES)),
        worker=RATES,
        one_by_one=RATES,
        mean_batch=st.floats(1, 64),
    )
    return draw(st.lists(turn, min_size=1, max_size=5))


@given(rounds())
def test_raw_is_the_best_batch_sizes_median(turns: list[Round]) -> None:
    summary = summarise(turns)
    for size in turns[0].raw:
        assert summary.raw >= np.median([turn.raw[size] for turn in turns])
    assert summary.raw == pytest.approx(np.median([turn.raw[summary.best_batch] for turn in turns]))


@given(rounds(), st.floats(0.2, 5))
def test_a_machine_that_is_slower_in_every_way_changes_no_ratio(
    turns: list[Round], times: float
) -> None:
    slower = [
        Round(
            {size: rate * times for size, rate in turn.raw.items()},
            turn.worker * times,
            turn.one_by_one * times,
            turn.mean_batch,
        )
        for turn in turns
    ]
    before, after = summarise(turns), summarise(slower)
    assert after.worker_of_raw == pytest.approx(before.worker_of_raw)
    assert after.worker_of_one_by_one == pytest.approx(before.worker_of_one_by_one)


def test_one_slow_round_does_not_count() -> None:
    usual, slow = Round({8: 100.0}, 95.0, 30.0, 7.5), Round({8: 10.0}, 2.0, 5.0, 1.0)
    summary = summarise([usual, slow, usual])
    assert (summary.raw, summary.worker, summary.one_by_one) == (100.0, 95.0, 30.0)
    assert (summary.mean_batch, summary.worker_of_raw) == (7.5, 0.95)


def test_the_document_holds_what_the_goals_are_stated_in() -> None:
    turn = Round({1: 50.0, 8: 100.0}, 95.0, 30.0, 7.5)
    document = document_of([turn], {"device": "cpu", "detector": "d@1", "one_by_one": "alone"})
    assert document["device"] == "cpu"
    assert document["raw_pictures_per_s"] == 100.0
    assert document["worker_pictures_per_s"] == 95.0
    assert document["one_by_one_pictures_per_s"] == 30.0
    assert document["mean_batch"] == 7.5
    assert document["raw_batch"] == 8
    assert table_of(document).row_count == 3


class CountingDetector:
    """Notes how many pictures each call holds."""

    version = "counting@1"
    input_size_px = (4096, 4096)

    def __init__(self) -> None:
        self.calls: list[int] = []

    def detect(self, images_rgb: Sequence[RgbImage]) -> list[Detections]:
        self.calls.append(len(images_rgb))
        return []


@given(st.integers(1, 20), st.integers(1, 9))
def test_raw_gives_every_picture_once_and_no_more_than_the_batch_at_a_time(
    n_pictures: int, batch: int
) -> None:
    detector = CountingDetector()
    assert raw_rate(detector, [np.zeros((2, 2, 3), np.uint8)] * n_pictures, batch) > 0
    assert sum(detector.calls) == n_pictures
    assert max(detector.calls) == min(batch, n_pictures)


def test_one_by_one_gives_every_picture_alone() -> None:
    given_alone: list[bytes] = []
    assert one_by_one_rate(given_alone.append, [b"a", b"b"]) > 0
    assert given_alone == [b"a", b"b"]


def test_the_mean_batch_is_read_from_what_a_worker_really_exports() -> None:
    metrics = WorkerMetrics()
    before = batches_from_metrics(generate_latest(metrics.registry).decode())
    for n_pictures in (1, 8, 3):
        metrics.note_call(Call(waited_s=(0.0,) * n_pictures, took_s=0.1))
    after = batches_from_metrics(generate_latest(metrics.registry).decode())
    assert before == Batches(0, 0)
    assert after.since(before) == Batches(3, 12)
    assert after.since(before).mean == 4.0


def test_without_a_call_there_is_no_batch() -> None:
    assert batches_from_metrics(generate_latest(CollectorRegistry()).decode()).mean == 0.0


def test_sizes_and_batches_are_read_as_they_are_written() -> None:
    assert size_from_text("1640x1232") == ImageSize(1640, 1232)
    assert batches_from_text("1, 2,8") == (1, 2, 8)


@pytest.mark.parametrize("text", ["1640", "ax2", "", "1640x-3"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="1640x1232"):
        size_from_text(text)


@pytest.mark.parametrize("text", ["0", "1,,2", "", "two"])
def test_what_is_no_batch_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="1,2,4"):
        batches_from_text(text)


def test_the_machine_is_named() -> None:
    assert processor_name()
    assert {"python", "numpy", "celery"} <= set(describe_versions())
    assert device_named("cpu") == "cpu"
    with pytest.raises(InvalidInputError, match="auto, cpu or cuda"):
        device_named("tpu")
