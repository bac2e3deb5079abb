from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from logging import StreamHandler
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from structlog.contextvars import get_contextvars

from workers.logs import bind_task, configure_logs, unbind_task
from workers.settings import DETECT_IMAGE, SORT_SESSION, SWEEP

QUIETENED = ("alembic", "celery.beat", "celery.worker.strategy", "celery.app.trace")


@pytest.fixture(autouse=True)
def everything_put_back() -> Iterator[None]:
    """Undo what :func:`configure_logs` does to the whole process."""
    root = logging.getLogger()
    level = root.level
    yield
    root.handlers = [handler for handler in root.handlers if type(handler) is not StreamHandler]
    root.setLevel(level)
    for name in QUIETENED:
        logging.getLogger(name).setLevel(logging.NOTSET)
        logging.getLogger(name).filters.clear()
    structlog.reset_defaults()
    unbind_task()


def make_task(name: str, group: str | None = None, request_id: str | None = None) -> Any:
    headers = {} if request_id is None else {"sorterbot_request_id": request_id}
    return SimpleNamespace(name=name, request=SimpleNamespace(group=group, get=headers.get))


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_each_record_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("INFO")
    logging.getLogger("celery.worker").info("said %s", "so")
    logging.getLogger("any").error("failed", exc_info=ValueError("two\nlines"))
    first, second = lines(capsys)
    assert (first["event"], first["level"], first["logger"]) == ("said so", "info", "celery.worker")
    assert "two\nlines" in second["exception"]


def test_what_a_picture_logs_carries_its_ids(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("INFO")
    bind_task(task=make_task(DETECT_IMAGE, "s1", "r1"), task_id="s1:0", args=["i1"])
    logging.getLogger("any").info("seen")
    (record,) = lines(capsys)
    assert (record["image_id"], record["session_id"], record["request_id"]) == ("i1", "s1", "r1")


def test_a_task_without_a_request_inherits_none() -> None:
    bind_task(task=make_task(DETECT_IMAGE, "s1", "r1"), task_id="s1:0", args=["i1"])
    bind_task(task=make_task(SORT_SESSION), task_id="s2:sort", args=["s2"])
    bound = {"task": SORT_SESSION, "task_id": "s2:sort", "session_id": "s2"}
    assert get_contextvars() == bound
    unbind_task()
    assert get_contextvars() == {}


def test_sweeps_have_neither_session_nor_picture() -> None:
    bind_task(task=make_task(SWEEP), task_id="t", args=[])
    assert get_contextvars() == {"task": SWEEP, "task_id": "t"}
    unbind_task()


def test_what_comes_every_two_seconds_is_left_out_unless_it_warns(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs("INFO")
    trace = logging.getLogger("celery.app.trace")
    logging.getLogger("celery.beat").info("Sending due task")
    logging.getLogger("celery.worker.strategy").info("received")
    trace.info("Task %s succeeded", SWEEP)
    trace.error("Task %s failed", SWEEP)
    trace.info("Task %s succeeded", SORT_SESSION)
    assert [record["level"] for record in lines(capsys)] == ["error", "info"]
