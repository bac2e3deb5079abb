from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import pytest
from billiard.process import current_process
from celery import signals
from celery.concurrency.prefork import TaskPool as ProcessPool
from celery.concurrency.thread import TaskPool as ThreadPool
from celery.exceptions import WorkerShutdown
from celery.worker import state as worker_state

from cli.services.network import free_port, is_free
from sorter.errors import TransientError
from tests.unit.workers.world import OneByOne, World
from workers.celery_app import ImportedCelery, served_queues
from workers.chord_backend import counting_retried
from workers.metrics import WorkerMetrics
from workers.services import LoadedOnce, Services
from workers.watchdog import EXIT_STATUS
from workers.worker_app import DRAIN_SIGNAL, end_worker, make_worker_app

SIGNALS = (
    signals.setup_logging,
    signals.task_prerun,
    signals.task_postrun,
    signals.celeryd_init,
    signals.worker_init,
    signals.worker_process_init,
    signals.worker_shutting_down,
    counting_retried,
)


@dataclass(frozen=True)
class FakePool:
    """A pool, and what it tells of itself."""

    info: dict[str, Any]


@dataclass(eq=False)
class FakeWorker:
    """What the handlers of a worker's signals look at."""

    pool_cls: type
    concurrency: int = 2
    pool: FakePool | None = None


@pytest.fixture(autouse=True)
def no_signals_left() -> Iterator[None]:
    """Disconnect what an app under test has connected."""
    before = [list(each.receivers or []) for each in SIGNALS]
    yield
    for each, receivers in zip(SIGNALS, before, strict=True):
        each.receivers = receivers
        each.sender_receivers_cache.clear()


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
        detector=LoadedOnce(lambda: load("detector", OneByOne(world.detector))),
        embedder=LoadedOnce(lambda: load("embedder", world.embedder)),
        worker_id="fresh-worker",
    )


def make_app(
    make_services: Any, queues: list[str], n_gpu_threads: int | None = None
) -> ImportedCelery:
    app = make_worker_app(
        "redis://nowhere/0",
        "redis://nowhere/1",
        make_services,
        imported_as="made_up_module:app",
        log_level="CRITICAL",
        n_gpu_threads=n_gpu_threads,
        end=lambda: None,  # the tests go on
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


@pytest.mark.parametrize(("queues", "wanted"), [(["gpu"], {"gpu"}), (["sort"], {"sort", "sweep"})])
def test_whoever_sorts_also_sweeps_and_nobody_else(
    services: Services, queues: list[str], wanted: set[str]
) -> None:
    app = make_app(lambda: services, queues)
    start_pool(ProcessPool)
    assert served_queues(app) == wanted


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


@pytest.mark.parametrize(
    ("pool", "told", "wanted"), [(ThreadPool, 0, 12), (ThreadPool, 3, 3), (ProcessPool, 0, 2)]
)
def test_a_pool_of_threads_is_as_large_as_batches_need_unless_told_otherwise(
    services: Services, pool: type, told: int, wanted: int
) -> None:
    app = make_app(lambda: services, ["gpu"], n_gpu_threads=12)
    options = {"concurrency": told}  # 0 where the command line says nothing
    signals.celeryd_init.send(sender="gpu@host", conf=app.conf, options=options)
    worker = FakeWorker(pool, concurrency=told or 2)
    signals.worker_init.send(sender=worker)
    assert worker.concurrency == wanted


def test_a_message_is_given_out_again_after_the_time_that_was_asked_for(world: World) -> None:
    def options(**asked: int) -> dict[str, Any]:
        app = make_worker_app(
            "redis://b/0", "redis://r/1", lambda: world.services, imported_as="x:app", **asked
        )
        settings: dict[str, Any] = app.conf.broker_transport_options
        return {name: settings[name] for name in ("visibility_timeout", "socket_timeout")}

    assert options()["visibility_timeout"] == 300
    assert options(visibility_timeout_s=2) == {**options(), "visibility_timeout": 2}


@pytest.mark.parametrize("queue", ["gpu", "sort"])
def test_every_process_that_works_answers_prometheus(services: Services, queue: str) -> None:
    port = free_port()
    make_app(lambda: replace(services, metrics=WorkerMetrics(port)), [queue])
    start_pool(ThreadPool)
    assert not is_free(port)


def test_the_processes_of_one_pool_answer_on_ports_of_their_own(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    class AskedMetrics(WorkerMetrics):
        def serve(self, nth: int = 0) -> None:
            asked.append(nth)

    make_app(lambda: replace(services, metrics=AskedMetrics()), ["sort"])
    start_pool(ThreadPool)
    monkeypatch.setattr(current_process(), "index", 3, raising=False)
    start_pool(ThreadPool)
    assert asked == [0, 3]


def test_task_events_are_sent_only_where_they_are_asked_for(world: World) -> None:
    def sends(**asked: bool) -> bool:
        app = make_worker_app(
            "redis://b/0", "redis://r/1", lambda: world.services, imported_as="x:app", **asked
        )
        return bool(app.conf.worker_send_task_events)

    assert not sends()
    assert sends(sends_task_events=True)


def shut_down() -> None:
    signals.worker_shutting_down.send(sender="gpu@host", sig="SIGTERM", how="Warm", exitcode=0)


def test_a_worker_asked_to_end_counts_what_it_gives_back_no_more(services: Services) -> None:
    make_app(lambda: services, ["gpu"])
    start_pool(ThreadPool)
    assert not services.held.is_ending
    shut_down()
    assert services.held.is_ending


def test_a_pools_child_hears_of_the_end_by_a_signal_of_its_own(services: Services) -> None:
    before = signal.getsignal(DRAIN_SIGNAL)
    make_app(lambda: services, ["sort"])
    try:
        start_pool(ProcessPool)
        signal.raise_signal(DRAIN_SIGNAL)
        assert services.held.is_ending
    finally:
        signal.signal(DRAIN_SIGNAL, before)


def test_a_worker_tells_the_children_that_work_for_it_and_none_that_has_gone(
    services: Services,
) -> None:
    heard: list[int] = []
    before = signal.signal(DRAIN_SIGNAL, lambda number, _: heard.append(number))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    make_app(lambda: services, ["sort"])
    pool = FakePool({"processes": [gone.pid, os.getpid()]})
    try:
        signals.worker_init.send(sender=FakeWorker(ProcessPool, pool=pool))
        shut_down()
    finally:
        signal.signal(DRAIN_SIGNAL, before)
    assert heard == [DRAIN_SIGNAL]
    assert not services.held.is_ending, "the parent itself holds nothing"


def test_a_worker_told_to_end_stops_as_if_asked_and_says_that_it_failed() -> None:
    end_worker()
    try:
        with pytest.raises(WorkerShutdown) as shutdown:
            worker_state.maybe_shutdown()
    finally:
        worker_state.should_stop = None
    assert shutdown.value.code == EXIT_STATUS


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
