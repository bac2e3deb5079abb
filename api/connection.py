"""The wire below a request: nobody who stalls holds a thread, and unread bodies end their line."""

from __future__ import annotations

import socket
from typing import Any

from flask import Request, Response

STALL_S = 20.0
"""A connection on which nothing moves for so long is given up."""

Environ = dict[str, Any]


def limit_stalls(environ: Environ) -> None:
    """Let reads and writes of this request end with an error where nothing moves any more."""
    connection = environ.get("gunicorn.socket")
    if isinstance(connection, socket.socket):
        connection.settimeout(STALL_S)


def close_unless_read(request: Request, response: Response) -> None:
    """Ask for the connection to be closed where a body was sent that nobody read.

    Said in the answer, so that no sender puts its next request onto a line that is at its end.
    """
    has_body = bool(request.content_length) or "chunked" in request.headers.get(
        "Transfer-Encoding", ""
    )
    if has_body and not getattr(request, "is_read", False):
        response.headers["Connection"] = "close"
