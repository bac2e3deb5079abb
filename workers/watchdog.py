"""Ends a process whose network hangs: a pool of threads has no time limits.

Supervision starts the process again, and the sweeper publishes its pictures again.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import structlog

from sorter.types import Detections
from vision.ports import Detector, RgbImage

HANG_LIMIT_S = 60.0
"""Far above the slowest forward pass, on two cores included; below the claim's lease."""

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
    def watching(self) -> Iterator[None]:
        """Give the body ``limit_s`` to end."""
        self._deadline = self._monotonic() + self._limit_s
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


class WatchedDetector:
    """Runs one call at a time on a device, each under the watchdog's eyes."""

    def __init__(self, detector: Detector, watchdog: Watchdog) -> None:
        self._detector = detector
        self._watchdog = watchdog
        self._lock = threading.Lock()

    @property
    def version(self) -> str:
        return self._detector.version

    def detect(self, images_rgb: Sequence[RgbImage]) -> list[Detections]:
        with self._lock, self._watchdog.watching():
            return self._detector.detect(images_rgb)
