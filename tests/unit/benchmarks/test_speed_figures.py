from __future__ import annotations

import pytest

from benchmarks.load import Posted, Sent
from benchmarks.load_site import Measured
from benchmarks.memory import _full_sessions
from benchmarks.no_model import document_of
from benchmarks.peers.comparison import answers_of
from benchmarks.scale import SLEEP_S, row_of
from cli.programs import n_cores
from tests.unit.benchmarks.documents import no_model_side


def posted(number: int, sent_at: float) -> Posted:
    return Posted("s", str(number), sent_at, sent_at, sent_at + 0.001, 0)


MEASURED = Measured(
    Sent(tuple(posted(n, 100 + n / 10) for n in range(4)), cpu_s=0.4),
    {str(n): 100 + n / 10 + 0.05 + n / 1000 for n in range(4)},
    {"gateway": 0.008, "postgres": 0.004},
)


def test_overhead_is_from_the_last_byte_to_the_detections():
    assert MEASURED.overheads_s == pytest.approx([0.05, 0.051, 0.052, 0.053])


def test_throughput_is_from_the_first_picture_to_the_last_detections():
    assert MEASURED.per_s == pytest.approx(4 / 0.353)


def test_processor_time_is_shared_out_over_the_pictures_and_robots_are_apart():
    assert MEASURED.cpu_ms_a_picture() == {"gateway": 2.0, "postgres": 1.0}
    row = row_of(MEASURED, n_workers=2)
    assert row["fraction_of_ideal"] == pytest.approx(MEASURED.per_s * SLEEP_S / 2, abs=1e-3)
    assert row["cpu_ms_per_picture"] == 3.0
    assert row["cores_of_robots"] == pytest.approx(0.4 / 0.353, abs=1e-3)
    busy = (0.012 + 0.4) / 0.353 / n_cores()
    assert row["cores_busy"] == pytest.approx(busy, abs=2e-3)


def test_the_goals_figures_stand_on_top_and_are_those_of_the_near_redis():
    near, far = no_model_side(), {**no_model_side(), "pictures_per_s": 1.0}
    document = document_of(near, far, 300_000)
    assert document["pictures_per_s"] == near["pictures_per_s"]
    assert document["overhead_p50_ms"] == near["idle"]["p50_ms"]
    assert document["overhead_p95_ms"] == near["idle"]["p95_ms"]
    assert document["cpu_ms_per_picture"] == near["cpu_ms_per_picture"]


def test_a_picture_without_a_good_answer_is_lost_and_has_no_time():
    rows = [
        {"due_at": 0.0, "sent_at": 1.0, "answered_at": 1.5, "status": 200},
        {"due_at": 0.0, "sent_at": 1.1, "answered_at": 3.0, "status": 200},
        {"due_at": 0.0, "sent_at": 1.2, "answered_at": 9.0, "status": 0},
        {"due_at": 0.0, "sent_at": 1.2, "answered_at": 1.3, "status": 503},
    ]
    answers = answers_of(rows)
    assert answers.seconds == pytest.approx((0.5, 1.9))
    assert (answers.per_s, answers.n_lost) == (pytest.approx(2 / 2.0), 2)
    assert answers_of(rows[2:]).n_lost == 2


def test_sessions_count_as_full_with_all_their_pictures():
    assert _full_sessions(["a"] * 10 + ["b"] * 9) == {"a"}
