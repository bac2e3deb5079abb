"""Structured logs: one JSON object a line, bound to the session, picture and request at hand."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog
from celery import signals
from structlog.contextvars import bind_contextvars, clear_contextvars, merge_contextvars
from structlog.types import Processor

from workers.settings import DETECT_IMAGE, REQUEST_ID_HEADER, SWEEP


def configure_logs(level: str) -> None:
    """Write structlog's and the standard library's records alike, to standard error."""
    shared: list[Processor] = [
        merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(shared))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    _quieten_routine()


def _quieten_routine() -> None:
    """Leave out what beat and quiet sweeps say every two seconds, and what says little."""
    for name in ("alembic", "celery.beat", "celery.worker.strategy"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("celery.app.trace").addFilter(_is_no_routine)


def _is_no_routine(record: logging.LogRecord) -> bool:
    return record.levelno > logging.INFO or SWEEP not in record.getMessage()


def _formatter(shared: list[Processor]) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
    )


def connect_logs(level: str) -> None:
    """Take over Celery's logging, and bind each task's ids while it runs."""

    def setup(**_: Any) -> None:
        configure_logs(level)

    signals.setup_logging.connect(setup, weak=False)
    signals.task_prerun.connect(bind_task, weak=False)
    signals.task_postrun.connect(unbind_task, weak=False)


def bind_task(*, task: Any, task_id: str, args: list[Any], **_: Any) -> None:
    """Bind what the records of one task have in common."""
    clear_contextvars()
    bind_contextvars(task=task.name, task_id=task_id)
    if task.name == DETECT_IMAGE:
        bind_contextvars(image_id=args[0], session_id=task.request.group)
    elif args:
        bind_contextvars(session_id=args[0])
    request_id = task.request.get(REQUEST_ID_HEADER)
    if request_id is not None:
        bind_contextvars(request_id=request_id)


def unbind_task(**_: Any) -> None:
    """Forget the task that ended."""
    clear_contextvars()
