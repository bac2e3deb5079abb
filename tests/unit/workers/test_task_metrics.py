from __future__ import annotations

from collections.abc import Iterator

import pytest
from celery import Celery, signals
from celery.exceptions import Ignore
from redis.exceptions import ConnectionError as RedisConnectionError

from workers.celery_app import make_celery
from workers.chord_backend import GrowingChordBackend, counting_retried
from workers.metrics import WorkerMetrics
from workers.task_metrics import connect_task_metrics

SIGNALS = (signals.task_prerun, signals.task_postrun, counting_retried)


@pytest.fixture
def metrics() -> Iterator[WorkerMetrics]:
    """Metrics that are connected for as long as the test runs."""
    before = [list(each.receivers or []) for each in SIGNALS]
    metrics = WorkerMetrics()
    connect_task_metrics(lambda: metrics)
    yield metrics
    for each, receivers in zip(SIGNALS, before, strict=True):
        each.receivers = receivers
        each.sender_receivers_cache.clear()


@pytest.fixture
def app() -> Celery:
    return make_celery("redis://127.0.0.1:1/0", "redis://127.0.0.1:1/1", is_gateway=True)


def test_a_task_is_counted_by_how_it_ended_and_how_long_it_took(
    app: Celery, metrics: WorkerMetrics
) -> None:
    def end(how: str) -> None:
        if how == "ignored":
            raise Ignore
        if how == "broken":
            raise ValueError(how)

    task = app.task(end, name="end", shared=False)
    for how in ("well", "well", "ignored", "broken"):
        task.apply((how,))
    found = metrics.registry.get_sample_value
    for state, n in (("SUCCESS", 2), ("IGNORED", 1), ("FAILURE", 1)):
        assert found("sorterbot_tasks_total", {"task": "end", "state": state}) == n
    assert found("sorterbot_task_seconds_count", {"task": "end"}) == 4


def test_every_further_question_to_a_redis_that_is_away_is_counted(
    app: Celery, metrics: WorkerMetrics
) -> None:
    backend = app.backend
    assert isinstance(backend, GrowingChordBackend)
    left = [RedisConnectionError(), RedisConnectionError()]

    def ask() -> str:
        if left:
            raise left.pop()
        return "counted"

    assert backend.ensure(ask, (), max_retries=3, interval_start=0.001) == "counted"
    assert metrics.registry.get_sample_value("sorterbot_chord_retries_total") == 2
