"""Clients of a peer: a process of its own, which posts pictures and notes how it was answered.

It reads one JSON object from its standard input and writes one row a picture to its output.
"""

from __future__ import annotations

import http.client
import json
import queue
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

GIVE_UP_S = 20.0
"""After that a picture counts as lost: many times what any answer takes."""


def run(load: dict[str, Any]) -> list[dict[str, Any]]:
    """Post pictures: each when it is due, by the first of the clients that is free."""
    url = urlsplit(load["url"])
    bodies = [Path(name).read_bytes() for name in load["bodies"]]
    due: queue.SimpleQueue[tuple[int, float] | None] = queue.SimpleQueue()
    rows: list[dict[str, Any]] = []

    def work() -> None:
        with closing(http.client.HTTPConnection(url.netloc, timeout=GIVE_UP_S)) as connection:
            while (one := due.get()) is not None:
                number, due_at = one
                body = bodies[number % len(bodies)]
                row = _post(connection, url.path, body, load["content_type"])
                rows.append({"due_at": due_at, **row})

    threads = [threading.Thread(target=work) for _ in range(load["n_clients"])]
    for thread in threads:
        thread.start()
    began_at = time.time()
    for number, after_s in enumerate(load["after_s"]):
        time.sleep(max(0.0, began_at + after_s - time.time()))
        due.put((number, began_at + after_s))
    for _ in threads:
        due.put(None)
    for thread in threads:
        thread.join()
    return rows


def _post(
    connection: http.client.HTTPConnection, path: str, body: bytes, content_type: str
) -> dict[str, Any]:
    """Post one picture once; the status is 0 where the connection broke."""
    status, sent_at = 0, time.time()
    try:
        connection.request("POST", path, body, {"Content-Type": content_type})
        sent_at = time.time()
        response = connection.getresponse()
        status = response.status
        response.read()
    except (OSError, http.client.HTTPException):
        connection.close()  # the next request opens it again
    return {"sent_at": sent_at, "answered_at": time.time(), "status": status}


if __name__ == "__main__":
    json.dump(run(json.load(sys.stdin)), sys.stdout)
