"""The wire below a request: nobody who stalls holds a thread, and a refused sender is heard out.

gunicorn's threads wait for ever for a body that stops coming, and it closes the connection on a
sender whose body nobody read, who then sees a broken pipe where there was an answer.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

STALL_S = 20.0
"""A connection on which nothing moves for so long is given up."""

MAX_UNREAD_S = 10.0
MAX_UNREAD_BYTES = 100_000_000
"""What a refused sender may still send: some pictures' worth, not an endless stream."""

CHUNK_BYTES = 65_536

Environ = dict[str, Any]


def limit_stalls(environ: Environ) -> None:
    """Let reads and writes of this request end with an error where nothing moves any more."""
    connection = environ.get("gunicorn.socket")
    if isinstance(connection, socket.socket):
        connection.settimeout(STALL_S)


def discard_unread(environ: Environ, monotonic_s: Callable[[], float]) -> None:
    """Read and forget what a refused request still sends, so that its sender hears the answer.

    So much, and for so long, and none of it kept. Only where the server marks the body's end:
    elsewhere reading on could wait for a next request.
    """
    if not environ.get("wsgi.input_terminated"):
        return
    until_s = monotonic_s() + MAX_UNREAD_S
    n_left = MAX_UNREAD_BYTES
    try:
        while n_left > 0 and monotonic_s() < until_s:
            n_read = len(environ["wsgi.input"].read(CHUNK_BYTES))
            if n_read == 0:
                return
            n_left -= n_read
    except (OSError, ValueError):
        return  # the sender is gone, or sends nonsense: there is nobody to answer
