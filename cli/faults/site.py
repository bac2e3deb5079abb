"""A stack of one's own to do harm to: services that die, stand still, stay away and come back."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Self

import psycopg2
from redis import Redis

from cli.faults.proxy import Proxy
from cli.faults.scenario import Needs
from cli.services.postgres import PostgresServer
from cli.services.redis import RedisServer
from cli.stack import ALIVE_WITHIN_S, DATABASE, LocalStack, StackSettings, answers
from cli.supervisor import Announce
from sorter.errors import SorterBotError, TransientError
from storage.bootstrap import make_image_store
from storage.ports import ImageStore, Store

BEAT = "beat"
READY_WITHIN_S = 120.0


class Site:
    """A :class:`LocalStack` on ports and in a folder of its own, as a context manager.

    Services are called as the stack calls them: ``postgres``, ``redis``, ``gateway``,
    ``gpu-worker``, ``gpu-worker-2``, ..., ``sort-worker`` and ``beat``.

    Attributes:
        needs: What it was made to be.
        has_sweeper: Whether beat runs, which asks for sweeps.
        crash_folder: Where crash points are armed, for any process of the site.
        proxies: Those before ``redis`` and ``postgres``, where the needs ask for them.
    """

    def __init__(
        self, folder: Path, needs: Needs, announce: Announce, *, has_sweeper: bool = True
    ) -> None:
        self.needs = needs
        self.has_sweeper = has_sweeper
        self.proxies: dict[str, Proxy] = {}
        self._held = ExitStack()
        self._paused: set[int] = set()
        self.crash_folder = folder.resolve() / "crashes"
        self.stack = LocalStack(
            StackSettings(
                folder,
                port=0,
                n_gpu_workers=needs.n_gpu_workers,
                is_durable=needs.is_durable,
                keeps_data=False,
                environment={
                    "SORTERBOT_CRASH_FOLDER": str(self.crash_folder),
                    **needs.variables(),
                },
            ),
            announce,
            self._door,
        )

    @property
    def folder(self) -> Path:
        """Holds everything; the services' logs are in ``logs``."""
        return self.stack.folder

    @property
    def gateway_url(self) -> str:
        """The gateway's address."""
        return self.stack.gateway_url

    @property
    def store(self) -> Store:
        """The rows, reached past any proxy."""
        return self.stack.store

    @property
    def images(self) -> ImageStore:
        """The pictures' bytes."""
        return make_image_store(self.stack.environment["SORTERBOT_IMAGE_STORE"])

    @property
    def postgres(self) -> PostgresServer:
        """The database server."""
        return self.stack.postgres

    @property
    def redis(self) -> RedisServer:
        """The broker's server; :meth:`redis_client` speaks to it."""
        return self.stack.redis

    def redis_client(self, database: int = 0) -> Redis:
        """Return a client past any proxy; the broker is database 0, the chord's counters are 1."""
        return Redis.from_url(self.redis.url(database))

    def query(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Return the rows of one SQL statement, which may also change some; past any proxy."""
        server = self.postgres
        url = server.url(DATABASE).replace("postgresql+psycopg2://", "postgresql://")
        connection = psycopg2.connect(url, connect_timeout=5)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement, values or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def n_detected(self) -> int:
        """Return how many pictures have been read so far."""
        return int(self.query("SELECT count(*) FROM images WHERE state = 'detected'")[0][0])

    def make_key(self, arm_id: str) -> str:
        """Make a bearer key for an arm, which is registered if it is not."""
        return self.stack.make_key(arm_id)

    def pid(self, name: str) -> int:
        """Return the number of a service's main process."""
        return self.stack.supervisor.pid(name)

    def child_pids(self, name: str) -> list[int]:
        """Return the numbers of a service's processes below the main one, such as a pool's."""
        return _children_of(self.pid(name))

    def kill(self, name: str) -> int:
        """Kill a service's main process as ``kill -9`` does; supervision starts it again."""
        return self.stack.kill(name)

    def stop(self, name: str, *, is_asked: bool = False) -> None:
        """End a service, which then stays away until :meth:`start`.

        Args:
            is_asked: Whether it is asked to end, and waited for, rather than killed.
        """
        self.stack.supervisor.hold(name, is_asked=is_asked)

    def start(self, name: str, environment: Mapping[str, str] | None = None) -> None:
        """Start a service that was stopped, and wait until it is ready.

        Args:
            environment: Added to what the service has anyway, also when supervision starts it
                again after a death, until the scenario ends or it is started with others.

        Raises:
            SorterBotError: It could not be started, or was not ready in time.
        """
        self.stack.own_variables[name] = dict(environment or {})
        self.stack.supervisor.start_now(name)
        self.await_ready(name)

    def restart(self, name: str, environment: Mapping[str, str] | None = None) -> None:
        """Stop and start a service, as a person who changes its variables would."""
        self.stop(name, is_asked=True)
        self.start(name, environment)

    def pause(self, name: str) -> list[int]:
        """Make all processes of a service stand still; return their numbers for :meth:`resume`."""
        pids = [self.pid(name), *self.child_pids(name)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        self._paused.update(pids)
        return pids

    def resume(self, pids: list[int]) -> None:
        """Let processes that stood still go on; harmless for those that are gone."""
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        self._paused.difference_update(pids)

    def is_ready(self, name: str) -> bool:
        """Whether a service does its work: a server answers, a worker's heart beats."""
        if name in ("postgres", "redis"):
            return (self.postgres if name == "postgres" else self.redis).is_ready()
        if name == "gateway":
            return answers(f"{self.gateway_url}/healthz")
        try:
            pids = {self.pid(name), *self.child_pids(name)}
            alive = self.store.load_workers(ALIVE_WITHIN_S)
        except SorterBotError:
            return False
        return name == BEAT or any(pid_of_worker(worker.worker_id) in pids for worker in alive)

    def await_ready(self, *names: str, within_s: float = READY_WITHIN_S) -> None:
        """Wait until services do their work; all that are to run, where none is named.

        Raises:
            TransientError: One was not ready in time.
        """
        until_s = time.monotonic() + within_s
        for name in names or self._wanted():
            while not self.is_ready(name):
                if time.monotonic() > until_s:
                    raise TransientError(
                        f"{name} was not ready within {within_s:g} s (logs: {self.stack.logs})"
                    )
                time.sleep(0.1)

    def settle(self) -> None:
        """Undo what a scenario did: all services run, with their own variables, undisturbed.

        Raises:
            SorterBotError: One could not be brought back.
        """
        for proxy in self.proxies.values():
            proxy.pass_on()
        self.resume(list(self._paused))
        for name in self._wanted():
            if self.stack.own_variables.pop(name, None):
                self.stop(name, is_asked=True)
            self.stack.supervisor.start_now(name)
        self.await_ready()

    def _wanted(self) -> list[str]:
        names = self.stack.supervisor.names()
        return [name for name in names if name != BEAT or self.has_sweeper]

    def _door(self, server: str, port: int) -> int:
        if not self.needs.has_proxies:
            return port
        proxy = self._held.enter_context(Proxy(port))
        self.proxies[server] = proxy
        return proxy.port

    def __enter__(self) -> Self:
        try:
            shutil.rmtree(self.crash_folder, ignore_errors=True)  # what an earlier run has armed
            self.crash_folder.mkdir(parents=True)
            self.stack.start()
            if not self.has_sweeper:
                self.stop(BEAT)
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        """Stop everything; harmless where nothing runs."""
        self.resume(list(self._paused))
        self.stack.stop()
        self._held.close()

    def __exit__(self, *_: object) -> None:
        self.close()


def pid_of_worker(worker_id: str) -> int:
    """Return the process that a worker's name in the rows tells of."""
    return int(worker_id.split(":")[-2])


def _children_of(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *_children_of(child)]
    return found
