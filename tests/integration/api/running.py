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
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from api.keys import ARM_KEYS
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

    process: subprocess.Popen[bytes]
    port: int
    key: str
    folder: Path
    store: SqlStore
    arm_id: str = ARM_ID

    def as_arm(self, arm_id: str) -> RunningGateway:
        """Return the same gateway as another arm sees it, with a key of that arm's."""
        return replace(self, arm_id=arm_id, key=_make_key(self.store, arm_id))

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
        body = json.dumps({"arm_id": self.arm_id}).encode()
        status, session = self.call(
            "POST", "/sessions", body, **{"Content-Type": "application/json"}
        )
        assert status == 201, session
        session_id: str = session["session_id"]
        return session_id

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=ANSWER_WITHIN_S)

    @property
    def log(self) -> str:
        """What it has written down so far."""
        return self.folder.with_name(f"{self.folder.name}.log").read_text()

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


def start(variables: dict[str, str], port: int, log: Path) -> subprocess.Popen[bytes]:
    """Start a gateway that writes its log there: a pipe that nobody reads would stop it."""
    command = [sys.executable, "-m", "gunicorn", "-c", "python:api.gunicorn_settings"]
    command += ["api.bootstrap:create_app_from_environment()", "--bind", f"127.0.0.1:{port}"]
    with log.open("wb") as file:
        return subprocess.Popen(command, env=variables, stderr=file)


@contextmanager
def serve(database_url: str, redis_url: str, folder: Path, **more: str) -> Iterator[RunningGateway]:
    """Start a gateway on this database, wait until it answers, and end it."""
    store = make_store(database_url)
    key = _make_key(store, ARM_ID)
    port = free_port()
    log = folder.with_name(f"{folder.name}.log")
    process = start(environment(database_url, redis_url, folder, **more), port, log)
    gateway = RunningGateway(process, port, key, folder, store)
    try:
        _await_answer(gateway)
        yield gateway
    finally:
        process.terminate()
        process.wait(timeout=30)
        store.close()


def _make_key(store: SqlStore, arm_id: str) -> str:
    store.save_arm(Arm(arm_id, limits=ArmLimits(0, 20_000, 0, 20_000)))
    key = ARM_KEYS.make()
    store.save_key(key.key_id, arm_id, key.secret_sha256)
    return key.text


def _await_answer(gateway: RunningGateway) -> None:
    until_s = time.monotonic() + START_WITHIN_S
    while True:
        try:
            assert gateway.call("GET", "/readyz")[0] == 200
        except OSError:
            assert gateway.process.poll() is None, gateway.log
            assert time.monotonic() < until_s
            time.sleep(0.1)
        else:
            return
