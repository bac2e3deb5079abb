"""The tasks as Celery sees them: thin, and every decision elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

import structlog
from celery import Celery
from celery.exceptions import Ignore

from sorter.errors import TransientError
from workers import detecting, sweeping
from workers.services import Services
from workers.settings import (
    CLOSE_SESSION,
    DETECT_IMAGE,
    SORT_SESSION,
    SORT_TIME_LIMIT_S,
    SWEEP,
)
from workers.tried import delete_old_tried
from workers.turns import publish_turns
from workers.versions import VersionedTask

_log = structlog.get_logger(__name__)


def register_tasks(app: Celery, services: Callable[[], Services]) -> None:
    """Give ``app`` its four tasks; ``services`` is asked when one runs."""

    def detect_image(self: Any, image_id: str) -> None:
        if not _detect(image_id, self.request.group, services()):
            raise Ignore  # ends the task without counting it in its chord
        _publish_next(self.request.group, services())

    def close_session(session_id: str) -> None:
        """Be the last member of a chord: the session takes no more pictures."""

    def sort_session(session_id: str) -> None:
        from workers import sorting  # brings scikit-learn, which only this task needs

        sorting.sort_session(session_id, services())

    def sweep() -> None:
        _sweep(services())

    register = partial(
        app.task,
        shared=False,  # with no other app of the process
        base=VersionedTask,
        services=staticmethod(services),
    )
    register(detect_image, name=DETECT_IMAGE, bind=True)
    register(close_session, name=CLOSE_SESSION)
    register(sort_session, name=SORT_SESSION, time_limit=SORT_TIME_LIMIT_S)
    register(sweep, name=SWEEP, send_events=False)  # every two seconds: it would bury the others


def _detect(image_id: str, session_id: str, using: Services) -> bool:
    try:
        return detecting.detect_image(image_id, session_id, using)
    except Exception:  # noqa: BLE001  # a member that raises would fail its chord for ever
        _log.exception("picture left to the sweeper")
        return False


def _publish_next(session_id: str, using: Services) -> None:
    """Let the arm's next pictures onto the queue, now that one of them is final."""
    try:
        publish_turns(session_id, using)
    except Exception:  # noqa: BLE001  # as above: it would fail the chord
        _log.warning("turns left to the sweeper", exc_info=True)


def _sweep(using: Services) -> None:
    try:
        report = sweeping.sweep(using)
    except TransientError as error:
        _log.warning("sweep broken off", reason=str(error))
        return
    using.metrics.note_sweep(asdict(report))
    if not report.is_quiet:
        _log.warning("swept", **asdict(report))
    _delete_tried(using)


def _delete_tried(using: Services) -> None:
    try:
        delete_old_tried(using)
    except TransientError as error:
        _log.warning("tried pictures left to the next sweep", reason=str(error))
