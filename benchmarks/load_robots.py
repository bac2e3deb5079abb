"""Robots that do nothing but post pictures: a process of its own, so that its work is told apart.

It reads one JSON object from its standard input, as :class:`benchmarks.load.Load` writes it, and
writes one to its standard output: what became of each picture, and the processor time it took.
"""

from __future__ import annotations

import http.client
import json
import os
import queue
import random
import sys
import threading
import time
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ANYWHERE_PW = tuple(range(1000, 1100, 10))
"""Where the pictures of a session are said to be taken if nothing depends on it."""

PAUSE_S = 0.05
"""Before a picture is offered again that the gateway had no room for."""

REFUSED = frozenset({HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS})


class Robot:
    """One arm with one connection, as the gateway sees it."""

    def __init__(
        self, url: str, arm_id: str, key: str, positions_pw: Sequence[float], is_sealing: bool
    ) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=120)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._arm_id = arm_id
        self._positions_pw = positions_pw
        self._opening = {"expected_images": len(positions_pw)} if is_sealing else {}
        self._session_id = ""
        self._n_posted = 0

    @property
    def number(self) -> int:
        """Which of its session the next picture is."""
        return self._n_posted % len(self._positions_pw)

    def post(self, data: bytes) -> dict[str, Any]:
        """Post one picture, as often as it takes, and tell when."""
        number = self.number
        if number == 0:
            self._session_id = self._open_session()
        self._n_posted += 1
        path = f"/sessions/{self._session_id}/images/{self._positions_pw[number]:g}"
        n_refused = 0
        while True:
            status, document, sent_at = self._ask(path, data)
            if status == HTTPStatus.ACCEPTED:
                break
            if status not in REFUSED:
                raise RuntimeError(f"a picture was answered {status}: {document}")
            n_refused += 1
            time.sleep(PAUSE_S)
        return {
            "session_id": self._session_id,
            "image_id": document["image_id"],
            "sent_at": sent_at,
            "answered_at": time.time(),
            "n_refused": n_refused,
        }

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _open_session(self) -> str:
        body = json.dumps({"arm_id": self._arm_id, **self._opening}).encode()
        status, document, _ = self._ask("/sessions", body)
        if status not in {HTTPStatus.OK, HTTPStatus.CREATED}:
            raise RuntimeError(f"a session was answered {status}: {document}")
        return str(document["session_id"])

    def _ask(self, path: str, body: bytes) -> tuple[int, dict[str, Any], float]:
        """Return status, document, and when the last byte had been sent."""
        self._connection.request("POST", path, body, self._headers)
        sent_at = time.time()
        response = self._connection.getresponse()
        return response.status, json.loads(response.read()), sent_at


def run(load: dict[str, Any]) -> dict[str, Any]:
    """Post all pictures of a load, each at its time or as soon as the one before was answered."""
    pictures = [Path(name).read_bytes() for name in load["pictures"]]
    due: queue.SimpleQueue[float | None] = queue.SimpleQueue()
    rows: list[dict[str, Any]] = []
    failures: list[str] = []
    positions_pw = load["positions_pw"] or ANYWHERE_PW
    robots = [
        Robot(load["url"], arm, key, positions_pw, load["is_sealing"]) for arm, key in load["arms"]
    ]

    def work(robot: Robot) -> None:
        chance = random.Random(id(robot))
        try:
            while (due_at := due.get()) is not None:
                of_table = load["positions_pw"]
                data = pictures[robot.number] if of_table else chance.choice(pictures)
                rows.append({"due_at": due_at, **robot.post(data)})
        except Exception as error:  # noqa: BLE001  # else it ends the thread, and nobody hears
            failures.append(repr(error))
        finally:
            robot.close()

    threads = [threading.Thread(target=work, args=(robot,)) for robot in robots]
    for thread in threads:
        thread.start()
    began_at = time.time()
    for after_s in load["after_s"]:
        time.sleep(max(0.0, began_at + after_s - time.time()))
        due.put(began_at + after_s)
    for _ in threads:
        due.put(None)
    for thread in threads:
        thread.join()
    times = os.times()
    return {"rows": rows, "failures": failures, "cpu_s": times.user + times.system}


if __name__ == "__main__":
    json.dump(run(json.load(sys.stdin)), sys.stdout)
