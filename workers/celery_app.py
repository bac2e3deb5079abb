"""The Celery app without any task: all that a process needs that only publishes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from celery import Celery
from celery.utils.imports import symbol_by_name

from workers.broker import SteadyAMQP
from workers.settings import celery_settings


def make_celery(broker_url: str, results_url: str, *, is_gateway: bool) -> Celery:
    """Return a configured app that is not made the process's default."""
    app = Celery("sorterbot", amqp=SteadyAMQP, set_as_current=False)
    app.conf.update(celery_settings(broker_url, results_url, is_gateway=is_gateway))
    return app


class ImportedCelery(Celery):  # type: ignore[misc]  # celery publishes no types
    """A worker's app, which a pool's child imports, tasks and all, instead of unpickling it.

    Args:
        imported_as: Where a child finds the app, as ``package.module:name``.
    """

    def __init__(self, imported_as: str, broker_url: str, results_url: str) -> None:
        super().__init__("sorterbot", amqp=SteadyAMQP, set_as_current=False)
        self.imported_as = imported_as
        self.conf.update(celery_settings(broker_url, results_url, is_gateway=False))

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return _import_app, (self.imported_as, sorted(served_queues(self)))


def served_queues(app: Celery) -> set[str]:
    """Return the names of the queues that this worker was told to serve, all where it was not."""
    return set(app.amqp.queues.consume_from)


def close_celery(app: Celery) -> None:
    """Close the connections that an app keeps to broker and results."""
    app.close()
    app.backend.client.connection_pool.disconnect()


def _import_app(imported_as: str, queues: list[str]) -> Celery:
    app = symbol_by_name(imported_as)
    app.amqp.queues.select(queues)
    return app
