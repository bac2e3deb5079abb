"""How slowly a request may come: a socket that gives up on a sender who dawdles."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Self

GRACE_S = 10.0
MIN_BYTES_PER_S = 16_384
"""So n bytes of one request may take 10 s and n / 16 KiB: a stalled sender is given up in seconds,
and a picture of 2 MB may come at 130 kbit/s."""


class PacedSocket(socket.socket):
    """A connection whose reads end with an error where a request comes too slowly.

    Attributes:
        n_awaited: How many bytes must have come before a selector calls the socket readable.
    """

    n_awaited = 1
    _monotonic_s: Callable[[], float]
    _began_s: float
    _n_read = 0

    @classmethod
    def adopt(
        cls, connection: socket.socket, monotonic_s: Callable[[], float] = time.monotonic
    ) -> Self:
        """Take over a connection, whose old object is of no use afterwards."""
        family, kind, protocol = connection.family, connection.type, connection.proto
        paced = cls(family, kind, protocol, fileno=connection.detach())
        paced._monotonic_s = monotonic_s
        paced.begin_request()
        return paced

    def await_bytes(self, n: int) -> None:
        """Let selectors call the socket readable once n bytes came, or the end did."""
        if n != self.n_awaited:
            self.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, n)
            self.n_awaited = n

    def begin_request(self) -> None:
        """Let the time of a request run from now on."""
        self._began_s = self._monotonic_s()
        self._n_read = 0

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """Read as a socket does.

        Raises:
            TimeoutError: The request came too slowly, or nothing came for the socket's own limit.
        """
        limit_s = self.gettimeout()
        if limit_s == 0:  # nobody waits here
            return super().recv(size, flags)
        left_s = seconds_allowed(self._n_read) - (self._monotonic_s() - self._began_s)
        if left_s <= 0:
            raise TimeoutError("the request came too slowly")
        self.settimeout(left_s if limit_s is None else min(left_s, limit_s))
        try:
            data = super().recv(size, flags)
        finally:
            self.settimeout(limit_s)
        self._n_read += len(data)
        return data


def seconds_allowed(n_bytes: int) -> float:
    """Return how long the first n bytes of a request may take."""
    return GRACE_S + n_bytes / MIN_BYTES_PER_S
