"""The Celery app without any task: all that a process needs that only publishes."""

from __future__ import annotations

from celery import Celery

from workers.settings import celery_settings


def make_celery(broker_url: str, results_url: str, *, is_gateway: bool) -> Celery:
    """Return a configured app that is not made the process's default."""
    app = Celery("sorterbot", set_as_current=False)
    app.conf.update(celery_settings(broker_url, results_url, is_gateway=is_gateway))
    return app
