"""Says every second that this process lives, so that its work is taken over when it does not."""

from __future__ import annotations

import os
import secrets
import socket
import threading

import structlog

from storage.ports import Store
from workers.alive import AliveFile

BEAT_EVERY_S = 1.0

_log = structlog.get_logger(__name__)


def make_worker_id() -> str:
    """Name this process so that no other, before or after, has its name."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


class Heartbeat:
    """A thread that beats until it is stopped or its process dies.

    It belongs into the very process that does the work: a parent would go on beating for a
    child that was killed. Its file is touched whether or not the database takes the beat: what
    ails the database is no fault of this process.
    """

    def __init__(
        self,
        store: Store,
        worker_id: str,
        queue: str,
        every_s: float = BEAT_EVERY_S,
        alive: AliveFile | None = None,
    ) -> None:
        self._store = store
        self._worker_id = worker_id
        self._queue = queue
        self._every_s = every_s
        self._alive = alive or AliveFile()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Beat once before returning, so that no claim comes before the first beat."""
        self._beat()
        self._thread.start()

    def stop(self) -> None:
        """Beat no more; the worker then counts as dead after a while."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._every_s):
            self._beat()

    def _beat(self) -> None:
        self._alive.touch()
        try:
            self._store.beat(self._worker_id, self._queue)
        except Exception:  # noqa: BLE001  # whatever ails the database, the next beat may come through
            _log.warning("no heartbeat", worker_id=self._worker_id, exc_info=True)
