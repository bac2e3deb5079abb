"""A gateway as gunicorn serves it, with a database of its own, and a key of its arm."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from api.keys import make_key
from cli.services.network import free_port
from sorter.types import Arm, ArmLimits
from storage.bootstrap import make_store
from storage.sql_store import SqlStore

ARM_ID = "arm-1"
MAX_BYTES = 100_000
START_WITHIN_S = 60.0
ANSWER_WITHIN_S = 20.0


@dataclass(frozen=True)
class RunningGateway:
    """A gateway process, where it listens, and where it keeps pictures."""

    process: subprocess.Popen[str]
    port: int
    key: str
    folder: Path
    store: SqlStore

    def call(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, Any]]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_WITHIN_S)
        try:
            headers = {"Authorization": f"Bearer {self.key}", **headers}
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def open_session(self) -> str:
        body = json.dumps({"arm_id": ARM_ID}).encode()
        status, session = self.call(
            "POST", "/sessions", body, **{"Content-Type": "application/json"}
        )
        assert status == 201, session
        session_id: str = session["session_id"]
        return session_id

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=ANSWER_WITHIN_S)

    @property
    def n_kept(self) -> int:
        """How many files lie in the image store, unfinished ones too."""
        return sum(path.is_file() for path in self.folder.rglob("*"))


def environment(database_url: str, redis_url: str, folder: Path, **more: str) -> dict[str, str]:
    return {
        **os.environ,
        "SORTERBOT_DATABASE_URL": database_url,
        "SORTERBOT_BROKER_URL": redis_url,
        "SORTERBOT_RESULTS_URL": redis_url,
        "SORTERBOT_IMAGE_STORE": folder.as_uri(),
        "SORTERBOT_MAX_IMAGE_BYTES": str(MAX_BYTES),
        **more,
    }


def start(variables: dict[str, str], port: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "gunicorn", "-c", "python:api.gunicorn_settings"]
    command += ["api.bootstrap:create_app_from_environment()", "--bind", f"127.0.0.1:{port}"]
    return subprocess.Popen(command, env=variables, stderr=subprocess.PIPE, text=True)


@contextmanager
def serve(database_url: str, redis_url: str, folder: Path, **more: str) -> Iterator[RunningGateway]:
    """Start a gateway on this database, wait until it answers, and end it."""
    store = make_store(database_url)
    store.save_arm(Arm(ARM_ID, limits=ArmLimits(0, 20_000, 0, 20_000)))
    key = make_key()
    store.save_key(key.key_id, ARM_ID, key.secret_sha256)
    port = free_port()
    process = start(environment(database_url, redis_url, folder, **more), port)
    gateway = RunningGateway(process, port, key.text, folder, store)
    try:
        _await_answer(gateway)
        yield gateway
    finally:
        process.terminate()
        process.communicate(timeout=30)
        store.close()


def _await_answer(gateway: RunningGateway) -> None:
    until_s = time.monotonic() + START_WITHIN_S
    while True:
        try:
            assert gateway.call("GET", "/readyz")[0] == 200
        except OSError:
            assert gateway.process.poll() is None, gateway.process.communicate()[1]
            assert time.monotonic() < until_s
            time.sleep(0.1)
        else:
            return
