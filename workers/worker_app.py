"""Joins the Celery app, its tasks and the services of the process that runs them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any

import structlog
from billiard.process import current_process  # type: ignore[import-untyped]  # no types
from celery import signals
from celery.concurrency import get_implementation
from celery.concurrency.thread import TaskPool as ThreadPool
from celery.worker import state as worker_state

from workers.alive import AliveFile, touch_while_beating
from workers.celery_app import ImportedCelery, served_queues
from workers.draining import Draining, end_well
from workers.heartbeat import Heartbeat
from workers.logs import configure_logs, connect_logs
from workers.services import Services
from workers.settings import (
    GPU_QUEUE,
    SORT_QUEUE,
    SWEEP_QUEUE,
    VISIBILITY_TIMEOUT_S,
    redelivery,
)
from workers.task_metrics import connect_task_metrics
from workers.tasks import register_tasks
from workers.watchdog import EXIT_STATUS

DRAIN_SIGNAL = signal.SIGUSR2
"""Tells a pool's child that its worker ends; Celery and its pool use the others."""

_log = structlog.get_logger(__name__)


def make_worker_app(
    broker_url: str,
    results_url: str,
    make_services: Callable[[], Services],
    *,
    imported_as: str,
    log_level: str = "INFO",
    alive: AliveFile | None = None,
    n_gpu_threads: int | None = None,
    visibility_timeout_s: int = VISIBILITY_TIMEOUT_S,
    sends_task_events: bool = False,
    end: Callable[[], None] = end_well,
) -> ImportedCelery:
    """Return the app of a worker, or of beat.

    Services are made, and networks loaded, in the process that runs the tasks: a worker's own
    where its pool is of threads, the pool's child where it is of processes.

    Args:
        imported_as: Where a child finds the app, as ``package.module:name``.
        alive: Touched by a worker's heartbeat, and by beat.
        n_gpu_threads: The size of a pool of threads where the command line says none.
        visibility_timeout_s: After that a message that is still worked on is given out again.
        sends_task_events: Whether a worker tells Flower of each task.
        end: Ends a process that was asked to end and has not in time.
    """
    alive = alive or AliveFile()
    app = ImportedCelery(imported_as, broker_url, results_url)
    app.conf.worker_send_task_events = sends_task_events
    app.conf.broker_transport_options |= redelivery(visibility_timeout_s)
    process = _Process(make_services, alive, end)
    register_tasks(app, process.services)
    connect_logs(log_level)
    connect_task_metrics(lambda: process.services().metrics)
    touch_while_beating(alive)

    def on_command_line(options: Mapping[str, Any], conf: Any, **_: Any) -> None:
        if not options.get("concurrency"):
            conf.worker_concurrency = n_gpu_threads  # too late for celery itself to look at it

    def on_worker_init(sender: Any, **_: Any) -> None:
        if SORT_QUEUE in served_queues(app):
            app.amqp.queues.select_add(app.amqp.queues[SWEEP_QUEUE])
        if get_implementation(sender.pool_cls) is ThreadPool:
            configure_logs(log_level)
            sender.concurrency = app.conf.worker_concurrency or sender.concurrency
            process.start(served_queues(app))

    def on_process_init(**_: Any) -> None:
        process.start(served_queues(app))

    if n_gpu_threads is not None:
        signals.celeryd_init.connect(on_command_line, weak=False)
    signals.worker_init.connect(on_worker_init, weak=False)
    signals.worker_process_init.connect(on_process_init, weak=False)
    _drain_when_asked_to_end(process)
    return app


def _drain_when_asked_to_end(process: _Process) -> None:
    """Drain a worker's own process and, where it has a pool of them, each child, at SIGTERM."""
    workers: list[Any] = []

    def on_worker_init(sender: Any, **_: Any) -> None:
        workers.append(sender)

    def on_process_init(**_: Any) -> None:
        signal.signal(DRAIN_SIGNAL, lambda *_: process.drain())

    def on_shutting_down(**_: Any) -> None:
        process.drain()
        for pid in (pid for worker in workers for pid in _children(worker)):
            with suppress(ProcessLookupError):
                os.kill(pid, DRAIN_SIGNAL)

    signals.worker_init.connect(on_worker_init, weak=False)
    signals.worker_process_init.connect(on_process_init, weak=False)
    signals.worker_shutting_down.connect(on_shutting_down, weak=False)


def _children(worker: Any) -> list[int]:
    """Return the processes of a worker's pool; none where it is of threads, or not yet made."""
    return [] if worker.pool is None else list(worker.pool.info.get("processes", ()))


def end_worker() -> None:
    """Let this worker take nothing more, end what it holds and exit, so that another starts."""
    worker_state.should_stop = EXIT_STATUS


def _number_in_pool() -> int:
    """Return which of its worker's processes this is, from 0; also where there is only one."""
    number: int = getattr(current_process(), "index", 0)
    return number


def _do_nothing() -> None:
    """Stop nothing: this process does not detect."""


class _Process:
    """What this process works with, from the moment when it is known to do the work."""

    def __init__(
        self, make_services: Callable[[], Services], alive: AliveFile, end: Callable[[], None]
    ) -> None:
        self._make_services = make_services
        self._end = end
        self._alive = alive
        self._services: Services | None = None
        self._draining: Draining | None = None

    def services(self) -> Services:
        if self._services is None:
            raise RuntimeError("a task ran before its process was started")
        return self._services

    def start(self, queues: Collection[str]) -> None:
        """Make the services, load what the queues need, and begin to beat.

        Raises:
            SystemExit: It failed; celery would only log any other exception and go on.
        """
        stop_detecting = _do_nothing
        try:
            services = self._make_services()
            if GPU_QUEUE in queues:
                stop_detecting = services.detector.get().close
            if SORT_QUEUE in queues:
                services.embedder.get()
                import_module("workers.sorting")  # now rather than in the first session
            services.metrics.serve(_number_in_pool())
        except Exception as error:
            _log.critical("this worker cannot start", reason=str(error), exc_info=True)
            raise SystemExit(1) from error
        queue = GPU_QUEUE if GPU_QUEUE in queues else SORT_QUEUE
        Heartbeat(services.store, services.worker_id, queue, alive=self._alive).start()
        self._services = services
        self._draining = Draining(services, stop_detecting, end=self._end)
        _log.info("worker ready", worker_id=services.worker_id, queues=sorted(queues))

    def drain(self) -> None:
        """End in good order and in time; where nothing has begun, there is nothing to do."""
        if self._draining is not None:
            self._draining.begin()
