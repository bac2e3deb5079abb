from __future__ import annotations

import subprocess
import sys

import psutil
import pytest

from benchmarks.load import Posted, Sent
from benchmarks.load_site import LoadSite, Measured, _unless_gone
from benchmarks.memory import _full_sessions
from benchmarks.no_model import document_of
from benchmarks.peers.comparison import measure
from benchmarks.peers.contestants import Answers, Contestant, answers_of
from benchmarks.pipeline import plans_of
from benchmarks.scale import SLEEP_S, row_of
from cli.programs import n_cores
from sorter.errors import SorterBotError
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


def test_a_wait_for_a_free_robot_counts_from_when_a_picture_was_due():
    late = Measured(Sent((Posted("s", "0", 99.0, 100.0, 100.1, 0),), 0.1), {"0": 100.2}, {})
    assert late.delays_s == pytest.approx([1.2])
    assert late.overheads_s == pytest.approx([0.2])


def test_each_session_is_held_to_the_floor_with_the_wait_of_its_own_last_picture():
    pictures = (
        Posted("quick", "q0", 99.0, 99.0, 99.1, 0),
        Posted("quick", "q1", 100.0, 100.0, 100.1, 0),
        Posted("slow", "s0", 200.0, 200.0, 200.1, 0),
    )
    finished_at = {"q0": 99.2, "q1": 100.2, "s0": 201.0}
    plans = plans_of(
        Measured(Sent(pictures, 0.1), finished_at, {}), {"slow": 201.5, "quick": 100.3}, 0.1
    )
    assert plans["sessions"] == 2
    assert plans["floor_ms"] == 100.0
    assert plans["detections_to_plan_ms"] == pytest.approx(300.0)
    assert plans["plan_after_floor_p50_ms"] == pytest.approx(800.0)  # of 200 and 1,400
    assert plans["plan_after_floor_p95_ms"] == pytest.approx(1340.0)


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
    assert answers.since_due_s == pytest.approx((1.5, 3.0))
    assert (answers.per_s, answers.n_lost) == (pytest.approx(2 / 2.0), 2)
    assert answers_of(rows[2:]).n_lost == 2


def test_a_system_that_answers_nothing_is_told_apart_from_one_that_is_measured():
    mute = Contestant(
        lambda _, after_s: Answers((), (), 0.0, len(after_s)),
        resident_mib=lambda: 1.0,
        kill_model=lambda: None,
        n_in_flight=lambda: 1,
    )
    with pytest.raises(SorterBotError, match="without a good answer"):
        measure(mute, 8, 100.0)


def test_a_picture_that_cannot_be_read_ends_the_wait_for_its_detections():
    class Site(LoadSite):
        def _query(self, statement: str, values: list[str]) -> list[tuple[object, ...]]:
            return [("0", 100.0, "detected"), ("1", 100.0, "failed")]

    with pytest.raises(SorterBotError, match="could not be read"):
        Site(None, None).await_finished(MEASURED.sent.posted)


def test_a_process_that_has_just_ended_is_left_out_of_the_sums():
    ended = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process = psutil.Process(ended.pid)
    assert _unless_gone(process.cpu_times) is not None
    ended.communicate()
    assert _unless_gone(process.cpu_times) is None
    assert _unless_gone(process.memory_full_info) is None


def test_sessions_count_as_full_with_all_their_pictures():
    assert _full_sessions(["a"] * 10 + ["b"] * 9) == {"a"}
