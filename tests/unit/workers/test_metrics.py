from __future__ import annotations

import socket
import threading
import urllib.request

import pytest
from prometheus_client import generate_latest

from cli.services.network import free_port
from workers.batching import Call
from workers.metrics import WorkerMetrics


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
    before = threading.enumerate()
    WorkerMetrics().serve()
    assert threading.enumerate() == before


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("", 0)) as taken, pytest.raises(OSError, match="in use"):
        WorkerMetrics(taken.getsockname()[1]).serve()
