from __future__ import annotations

import socket
import threading
import urllib.request
from dataclasses import asdict, fields

import pytest
from prometheus_client import generate_latest

from cli.services.network import free_port
from storage.observed import observed
from tests.factories import make_image_claim, make_session
from tests.fakes import FakeStore
from vision.memory import GpuMemory
from workers.batching import Call
from workers.metrics import REPAIRS, WorkerMetrics
from workers.sweeping import SweepReport


def value(metrics: WorkerMetrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_calls_tell_the_mean_batch_the_waits_and_the_networks_seconds() -> None:
    metrics = WorkerMetrics()
    metrics.note_call(Call(waited_s=(0.0, 0.25, 0.5), took_s=2.0))
    metrics.note_call(Call(waited_s=(0.25,), took_s=1.0))
    assert value(metrics, "sorterbot_batch_images_sum") == 4
    assert value(metrics, "sorterbot_batch_images_count") == 2
    assert value(metrics, "sorterbot_batch_wait_seconds_sum") == 1.0
    assert value(metrics, "sorterbot_batch_wait_seconds_count") == 4
    assert value(metrics, "sorterbot_forward_seconds_sum") == 3.0


def test_every_outcome_is_there_before_it_first_comes_about() -> None:
    text = generate_latest(WorkerMetrics().registry).decode()
    for outcome in ("detected", "failed", "released"):
        assert f'sorterbot_worker_images_total{{outcome="{outcome}"}} 0.0' in text


def test_repairs_are_those_that_a_sweep_reports() -> None:
    metrics = WorkerMetrics()
    assert set(REPAIRS) == {field.name for field in fields(SweepReport)}
    metrics.note_sweep(asdict(SweepReport(2, 1, 0, 3, 0)))
    metrics.note_sweep(asdict(SweepReport(1, 0, 0, 0, 0)))
    assert value(metrics, "sorterbot_sweeps_total") == 2
    assert value(metrics, "sorterbot_repairs_total", what="images_published") == 3
    assert value(metrics, "sorterbot_repairs_total", what="sessions_published") == 3
    assert value(metrics, "sorterbot_repairs_total", what="workers_forgotten") == 0


def test_claims_are_counted_by_their_attempt_and_calls_by_their_name() -> None:
    metrics = WorkerMetrics()
    store = FakeStore()
    watched = observed(store, metrics.note_store_call)
    (image,) = store.load_images(make_session(store, 1).session_id)
    for _ in range(2):
        make_image_claim(watched, image.image_id)
        store.let_pass(6)
    assert watched.claim_image("none", "gpu-1", dead_after_s=5, max_attempts=3) is None
    for attempt in ("1", "2"):
        labels = {"of": "image", "attempt": attempt}
        assert value(metrics, "sorterbot_attempts_total", **labels) == 1
    assert value(metrics, "sorterbot_store_seconds_count", call="claim_image") == 3


def test_gpu_memory_is_told_where_there_is_a_gpu_and_asked_for_anew_each_time() -> None:
    metrics = WorkerMetrics()
    found: list[GpuMemory | None] = [None, GpuMemory(used=3, reserved=2, total=8)]
    metrics.watch_gpu(lambda: found.pop(0))
    assert value(metrics, "sorterbot_gpu_memory_bytes", kind="used") is None
    assert value(metrics, "sorterbot_gpu_memory_bytes", kind="used") == 3


def test_two_workers_of_one_process_count_apart() -> None:
    first, second = WorkerMetrics(), WorkerMetrics()
    first.images.labels("detected").inc()
    assert value(second, "sorterbot_worker_images_total", outcome="detected") == 0


def test_prometheus_is_answered_where_a_port_is_given() -> None:
    port = free_port()
    metrics = WorkerMetrics(port)
    metrics.note_call(Call(waited_s=(0.0,), took_s=1.0))
    metrics.serve()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        assert "sorterbot_forward_seconds_sum 1.0" in answer.read().decode()


def test_nothing_is_started_without_a_port() -> None:
    before = set(threading.enumerate())
    WorkerMetrics().serve()
    assert set(threading.enumerate()) <= before


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("", 0)) as taken, pytest.raises(OSError, match="in use"):
        WorkerMetrics(taken.getsockname()[1]).serve()
