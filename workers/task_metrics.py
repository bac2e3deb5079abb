"""Counts tasks as they end, and the times that a chord's counting had to be tried again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from celery import signals

from workers.chord_backend import counting_retried
from workers.metrics import WorkerMetrics


def connect_task_metrics(metrics: Callable[[], WorkerMetrics]) -> None:
    """Count in the process that runs the tasks; ``metrics`` is asked when one runs."""

    def on_start(*, task: Any, **_: Any) -> None:
        task.request.began_s = time.perf_counter()

    def on_end(*, task: Any, state: str, **_: Any) -> None:
        took_s = time.perf_counter() - task.request.began_s
        metrics().task_seconds.labels(task.name).observe(took_s)
        metrics().tasks.labels(task.name, state).inc()

    def on_retry(**_: Any) -> None:
        metrics().chord_retries.inc()

    signals.task_prerun.connect(on_start, weak=False)
    signals.task_postrun.connect(on_end, weak=False)
    counting_retried.connect(on_retry, weak=False)
