"""The original's control panel, as far as its log is concerned.

Records are sent as :class:`logging.handlers.HTTPHandler` sends them, but for one thing: the answer
is read, since the panel refuses more than ten a second, and what it refuses is sent again.
"""

from __future__ import annotations

import logging
import math
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTP_PORT, HTTPConnection, HTTPException
from urllib.parse import urlencode

from sorter.errors import InvalidInputError, SorterBotError, TransientError

PATH = "/log/"
TIMEOUT_S = 5.0

PER_S = 9.0
"""One less than the panel takes: it counts whole windows, and clocks differ."""

BUSY_PAUSE_S = 1.0
MAX_BUSY_PAUSE_S = 60.0

MAX_PORT = 65_535
"""A greater one would be cut to its last 16 bits, and another port be asked."""

_HOST = re.compile(
    r"(?:[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?|\[[0-9A-Fa-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}))?",
    re.ASCII,
)
_AWAY = {HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT}


class PanelBusyError(TransientError):
    """The panel takes no more records for now; ``pause_s`` is when to come again."""

    def __init__(self, pause_s: float) -> None:
        super().__init__(f"the control panel is busy for {pause_s:g} s")
        self.pause_s = pause_s


class RecordRefusedError(SorterBotError):
    """The panel answered that it cannot keep this record, perhaps for now, perhaps for good."""


class ControlPanel:
    """Where records go, at most :data:`PER_S` a second. For one thread.

    Args:
        host: ``name`` or ``name:port``, as ``CONTROL_PANEL_HOST`` has it.

    Raises:
        InvalidInputError: ``host`` is no such thing.
    """

    def __init__(
        self,
        host: str,
        *,
        clock_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        told = _HOST.fullmatch(host)
        if told is None or not 0 < int(told["port"] or HTTP_PORT) <= MAX_PORT:
            raise InvalidInputError(
                f"CONTROL_PANEL_HOST is name:port, without http:// and path, not {host!r}"
            )
        self._host = host
        self._clock_s = clock_s
        self._sleep = sleep
        self._free_at_s = -math.inf

    def send(self, record: logging.LogRecord) -> None:
        """Send one record, when its turn has come.

        Raises:
            PanelBusyError: Too many came of late.
            TransientError: The panel is not there.
            RecordRefusedError: It is there, and does not keep this record.
        """
        self._await_turn()
        try:
            status, retry_after = self._post(urlencode(record.__dict__).encode())
        except (OSError, HTTPException) as error:
            raise TransientError(f"the control panel did not answer: {error}") from error
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            raise PanelBusyError(busy_pause_s(retry_after))
        if status in _AWAY:
            raise TransientError(f"the control panel is away, it was said with {status}")
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise RecordRefusedError(f"the control panel answered {status}")

    def _await_turn(self) -> None:
        now_s = self._clock_s()
        if self._free_at_s > now_s:
            self._sleep(self._free_at_s - now_s)
        self._free_at_s = max(self._free_at_s, now_s) + 1 / PER_S

    def _post(self, body: bytes) -> tuple[int, str | None]:
        """Return the answer's status and its ``Retry-After``."""
        connection = HTTPConnection(self._host, timeout=TIMEOUT_S)
        try:
            connection.putrequest("POST", PATH)
            connection.putheader("Content-type", "application/x-www-form-urlencoded")
            connection.putheader("Content-length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Retry-After")
        finally:
            connection.close()


def busy_pause_s(retry_after: str | None) -> float:
    """Return how long to stay away: as asked in seconds, bounded; a second where it is not said."""
    try:
        pause_s = float(retry_after or "")
    except ValueError:
        return BUSY_PAUSE_S
    return min(pause_s, MAX_BUSY_PAUSE_S) if pause_s >= 0 else BUSY_PAUSE_S
