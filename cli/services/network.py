"""Ports of this machine's loopback address, the only one that a local stack listens on."""

from __future__ import annotations

import random
import socket

from sorter.errors import ConflictError

LOOPBACK = "127.0.0.1"

# Below every system's ephemeral range: there, a client that keeps trying a port whose server
# is being restarted may be given that very port for its own end, and hold it.
LOWEST_PORT, HIGHEST_PORT = 20_000, 29_999


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_port(taken: frozenset[int] = frozenset()) -> int:
    """Return a port that nothing listens on and that is not in ``taken``."""
    for port in random.sample(range(LOWEST_PORT, HIGHEST_PORT + 1), 200):
        if port not in taken and is_free(port):
            return port
    raise ConflictError(f"no free port between {LOWEST_PORT} and {HIGHEST_PORT}")


def require_free(port: int, what: str) -> None:
    """Refuse a port that something else listens on, or that this user may not use.

    Raises:
        ConflictError: It cannot be listened on.
    """
    if not is_free(port):
        raise ConflictError(
            f"port {port}, wanted for the {what}, is taken or not allowed; choose another port "
            "or stop what listens there"
        )
