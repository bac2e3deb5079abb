"""The app that ``celery -A workers.app`` finds, for workers of both queues and for beat."""

from __future__ import annotations

from workers.bootstrap import app_from_environment

app = app_from_environment(imported_as="workers.app:app")
