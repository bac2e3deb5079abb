"""The wire below a request: nobody who stalls holds a thread."""

from __future__ import annotations

import socket
from typing import Any

STALL_S = 20.0
"""A connection on which nothing moves for so long is given up."""

Environ = dict[str, Any]


def limit_stalls(environ: Environ) -> None:
    """Let reads and writes of this request end with an error where nothing moves any more."""
    connection = environ.get("gunicorn.socket")
    if isinstance(connection, socket.socket):
        connection.settimeout(STALL_S)
