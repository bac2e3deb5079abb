"""Ends a process whose network hangs: a pool of threads has no time limits.

Supervision starts the process again, and the sweeper publishes its pictures again.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

HANG_LIMIT_S = 60.0
"""Far above the slowest forward pass of one picture, on two cores included."""

MORE_PER_PICTURE_S = 10.0
LONGEST_S = 200.0
"""Whatever a call holds; below the claim's lease."""

EXIT_STATUS = 70  # EX_SOFTWARE of sysexits.h

_log = structlog.get_logger(__name__)


def end_process() -> None:
    """End this process at once, whatever its threads are stuck in."""
    os._exit(EXIT_STATUS)


class Watchdog:
    """Watches one call at a time, from a thread of its own."""

    def __init__(
        self,
        limit_s: float = HANG_LIMIT_S,
        *,
        end: Callable[[], None] = end_process,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit_s = limit_s
        self._end = end
        self._monotonic = monotonic
        self._deadline: float | None = None

    def start(self, every_s: float = 1.0) -> None:
        """Look every so often, until the process ends."""

        def run() -> None:
            while True:
                time.sleep(every_s)
                self.look()

        threading.Thread(target=run, name="watchdog", daemon=True).start()

    @contextmanager
    def watching(self, n_pictures: int = 1) -> Iterator[None]:
        """Give the body ``limit_s`` to end, and a little more for each further picture."""
        more_s = (n_pictures - 1) * MORE_PER_PICTURE_S
        self._deadline = self._monotonic() + min(self._limit_s + more_s, LONGEST_S)
        try:
            yield
        finally:
            self._deadline = None

    def look(self) -> None:
        """End the process if what is watched has taken too long."""
        deadline = self._deadline
        if deadline is not None and self._monotonic() > deadline:
            _log.critical("the network hangs, this process ends", limit_s=self._limit_s)
            self._end()
