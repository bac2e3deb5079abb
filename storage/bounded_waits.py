"""Lets no wait for PostgreSQL be endless, which libpq knows no setting for.

A server that stands still on a machine that lives acknowledges every packet and ends nothing:
neither its own time limits nor those of TCP cut such a wait.

Source: psycopg2's documentation, on wait callbacks and coroutines.
"""

from __future__ import annotations

import select
import time

import psycopg2
from psycopg2.extensions import (
    POLL_OK,
    POLL_READ,
    STATUS_SETUP,
    connection,
    set_wait_callback,
)


class BoundedConnection(connection):
    """A connection whose driver waits so long and no longer, and is closed where it did.

    Raises:
        psycopg2.OperationalError: From every use: the server did not answer in time.
    """

    def __init__(self, dsn: str, *, connect_within_s: float, answer_within_s: float) -> None:
        self._connect_within_s = connect_within_s
        self._answer_within_s = answer_within_s
        super().__init__(dsn)

    @property
    def wait_s(self) -> float:
        """How long the present wait may last."""
        is_connecting = self.status == STATUS_SETUP
        return self._connect_within_s if is_connecting else self._answer_within_s


def bound_waits() -> None:
    """Let this process's bounded connections be so; other connections wait as ever."""
    set_wait_callback(_wait)


def _wait(waiting: connection) -> None:
    wait_s = waiting.wait_s if isinstance(waiting, BoundedConnection) else None
    began_s = time.monotonic()
    while (state := waiting.poll()) != POLL_OK:
        poller = select.poll()
        poller.register(waiting.fileno(), select.POLLIN if state == POLL_READ else select.POLLOUT)
        left_s = None if wait_s is None else max(0.0, began_s + wait_s - time.monotonic())
        if not poller.poll(None if left_s is None else 1000 * left_s):
            raise psycopg2.OperationalError(f"the server did not answer within {wait_s:g} s")
