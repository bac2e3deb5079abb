"""Joins the Celery app, its tasks and the services of the process that runs them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from importlib import import_module
from typing import Any

import structlog
from celery import signals
from celery.concurrency import get_implementation
from celery.concurrency.thread import TaskPool as ThreadPool

from workers.alive import AliveFile, touch_while_beating
from workers.celery_app import ImportedCelery, served_queues
from workers.heartbeat import Heartbeat
from workers.logs import configure_logs, connect_logs
from workers.services import Services
from workers.settings import GPU_QUEUE, SORT_QUEUE
from workers.tasks import register_tasks

_log = structlog.get_logger(__name__)


def make_worker_app(
    broker_url: str,
    results_url: str,
    make_services: Callable[[], Services],
    *,
    imported_as: str,
    log_level: str = "INFO",
    alive: AliveFile | None = None,
) -> ImportedCelery:
    """Return the app of a worker, or of beat.

    Services are made, and networks loaded, in the process that runs the tasks: a worker's own
    where its pool is of threads, the pool's child where it is of processes.

    Args:
        imported_as: Where a child finds the app, as ``package.module:name``.
        alive: Touched by a worker's heartbeat, and by beat.
    """
    alive = alive or AliveFile()
    app = ImportedCelery(imported_as, broker_url, results_url)
    process = _Process(make_services, alive)
    register_tasks(app, process.services)
    connect_logs(log_level)
    touch_while_beating(alive)

    def on_worker_init(sender: Any, **_: Any) -> None:
        if get_implementation(sender.pool_cls) is ThreadPool:
            configure_logs(log_level)
            process.start(served_queues(app))

    def on_process_init(**_: Any) -> None:
        process.start(served_queues(app))

    signals.worker_init.connect(on_worker_init, weak=False)
    signals.worker_process_init.connect(on_process_init, weak=False)
    return app


class _Process:
    """What this process works with, from the moment when it is known to do the work."""

    def __init__(self, make_services: Callable[[], Services], alive: AliveFile) -> None:
        self._make_services = make_services
        self._alive = alive
        self._services: Services | None = None

    def services(self) -> Services:
        if self._services is None:
            raise RuntimeError("a task ran before its process was started")
        return self._services

    def start(self, queues: Collection[str]) -> None:
        """Make the services, load what the queues need, and begin to beat.

        Raises:
            SystemExit: It failed; celery would only log any other exception and go on.
        """
        try:
            services = self._make_services()
            if GPU_QUEUE in queues:
                services.detector.get()
            if SORT_QUEUE in queues:
                services.embedder.get()
                import_module("workers.sorting")  # now rather than in the first session
        except Exception as error:
            _log.critical("this worker cannot start", reason=str(error), exc_info=True)
            raise SystemExit(1) from error
        queue = GPU_QUEUE if GPU_QUEUE in queues else SORT_QUEUE
        Heartbeat(services.store, services.worker_id, queue, alive=self._alive).start()
        self._services = services
        _log.info("worker ready", worker_id=services.worker_id, queues=sorted(queues))
