"""Shows a probe outside, such as a container's, that this process works: by a file's age."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import structlog
from celery import signals

ALIVE_EVERY_S = 2.0

_log = structlog.get_logger(__name__)


class AliveFile:
    """Is touched by whatever goes round as long as its process works.

    It first appears when that process is ready, so that a probe need not know how long loading
    takes. Only its age says anything: a process that is killed leaves it.

    Args:
        path: ``None`` for no file.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path

    def touch(self) -> None:
        """Make the file young; where that fails, the work matters more, and the log says so."""
        if self._path is None:
            return
        try:
            self._path.touch()
        except OSError as error:
            _log.warning("no sign of life", path=str(self._path), reason=str(error))


def touch_while_beating(alive: AliveFile) -> None:
    """Let beat, if that is what this process is, touch the file with each task it publishes."""

    def on_publish(**_: Any) -> None:
        alive.touch()

    def on_beat_init(**_: Any) -> None:
        signals.after_task_publish.connect(on_publish, weak=False)

    signals.beat_init.connect(on_beat_init, weak=False)


def run_alive(jobs: Sequence[Callable[[], None]], stop: threading.Event, alive: AliveFile) -> None:
    """Run each job in a thread, and touch the file, until ``stop`` is set.

    The end of one of them sets it, too, and what it broke off with is raised: supervision starts
    anew.
    """

    def run(job: Callable[[], None]) -> None:
        try:
            job()
        finally:
            stop.set()

    with ThreadPoolExecutor(len(jobs)) as threads:
        running = [threads.submit(run, job) for job in jobs]
        alive.touch()
        while not stop.wait(ALIVE_EVERY_S):
            alive.touch()
    for ended in running:
        ended.result()
