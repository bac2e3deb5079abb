from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import pytest
from celery import signals
from celery.concurrency.prefork import TaskPool as ProcessPool
from celery.concurrency.thread import TaskPool as ThreadPool

from sorter.errors import TransientError
from tests.unit.workers.world import World
from workers.celery_app import ImportedCelery, served_queues
from workers.services import LoadedOnce, Services
from workers.worker_app import make_worker_app

SIGNALS = (
    signals.setup_logging,
    signals.task_prerun,
    signals.task_postrun,
    signals.worker_init,
    signals.worker_process_init,
)


@dataclass(frozen=True)
class FakeWorker:
    """What the handlers of a worker's signals look at."""

    pool_cls: type


@pytest.fixture(autouse=True)
def no_signals_left() -> Iterator[None]:
    """Disconnect what an app under test has connected."""
    before = [list(signal.receivers or []) for signal in SIGNALS]
    yield
    for signal, receivers in zip(SIGNALS, before, strict=True):
        signal.receivers = receivers
        signal.sender_receivers_cache.clear()


@pytest.fixture
def loaded() -> list[str]:
    return []


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def services(world: World, loaded: list[str]) -> Services:
    def load(what: str, value: Any) -> Any:
        loaded.append(what)
        return value

    return replace(
        world.services,
        detector=LoadedOnce(lambda: load("detector", world.detector)),
        embedder=LoadedOnce(lambda: load("embedder", world.embedder)),
        worker_id="fresh-worker",
    )


def make_app(make_services: Any, queues: list[str]) -> ImportedCelery:
    app = make_worker_app(
        "redis://nowhere/0",
        "redis://nowhere/1",
        make_services,
        imported_as="made_up_module:app",
        log_level="CRITICAL",
    )
    app.amqp.queues.select(queues)
    return app


def start_pool(pool: type) -> None:
    """Send what a worker sends before its pool starts, and what a process pool's child sends."""
    signals.worker_init.send(sender=FakeWorker(pool))
    if pool is ProcessPool:
        signals.worker_process_init.send(sender="child")


@pytest.mark.parametrize("pool", [ThreadPool, ProcessPool])
@pytest.mark.parametrize(
    ("queues", "wanted"),
    [
        (["gpu"], ["detector"]),
        (["sort"], ["embedder"]),
        (["gpu", "sort"], ["detector", "embedder"]),
    ],
)
def test_a_worker_loads_what_its_queues_need_and_nothing_else(
    services: Services, loaded: list[str], pool: type, queues: list[str], wanted: list[str]
) -> None:
    make_app(lambda: services, queues)
    start_pool(pool)
    assert loaded == wanted


def test_a_pools_parent_makes_no_services(services: Services, loaded: list[str]) -> None:
    made = []
    make_app(lambda: made.append(1) or services, ["sort"])
    signals.worker_init.send(sender=FakeWorker(ProcessPool))
    assert made == []


def test_the_process_that_works_is_the_one_that_beats(services: Services, world: World) -> None:
    make_app(lambda: services, ["gpu"])
    start_pool(ThreadPool)
    workers = {worker.worker_id: worker.queue for worker in world.store.load_workers(5)}
    assert workers["fresh-worker"] == "gpu"


def test_a_worker_that_cannot_start_ends(services: Services) -> None:
    def fail() -> Services:
        raise TransientError("no database")

    make_app(fail, ["gpu"])
    with pytest.raises(SystemExit):
        start_pool(ThreadPool)


def test_a_child_imports_the_app_and_serves_the_parents_queues(services: Services) -> None:
    app = make_app(lambda: services, ["sort"])
    module = ModuleType("made_up_module")
    module.app = make_app(lambda: services, ["gpu", "sort"])
    sys.modules["made_up_module"] = module
    try:
        rebuild, arguments = app.__reduce__()
        child_app = rebuild(*arguments)
    finally:
        del sys.modules["made_up_module"]
    assert child_app is module.app
    assert served_queues(child_app) == {"sort"}


def test_a_task_before_its_process_was_started_is_refused(services: Services) -> None:
    app = make_app(lambda: services, ["gpu"])
    with pytest.raises(RuntimeError):
        app.tasks["sorterbot.sweep"].run()
