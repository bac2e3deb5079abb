"""What the local stack runs beside the two servers: gateway, workers and beat."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from cli.services.gpus import VISIBLE
from cli.services.network import LOOPBACK
from cli.services.process import Program

METRICS_PORT = "SORTERBOT_METRICS_PORT"
FLOWER_USER = "operator"
MOST_THREADS = 8  # more gain nothing for networks of this size, and starve the neighbours


@dataclass(frozen=True, slots=True)
class Programs:
    """Builds each command line.

    Attributes:
        folder: The stack's; working folder of every program.
        environment: What all of them need to find database, broker and pictures.
        gpus: Those that the GPU workers share out, one each as far as they go.
    """

    folder: Path
    environment: Mapping[str, str]
    n_gpu_workers: int
    gpus: Sequence[str] = ()

    def gateway(self, port: int) -> Program:
        """The gateway, listening on the loopback address."""
        return self._python(
            "gateway",
            "gunicorn",
            "--config=python:api.gunicorn_settings",
            f"--bind={LOOPBACK}:{port}",
            "api.bootstrap:create_app_from_environment()",
            own={
                "SORTERBOT_LEAVE_S": "0",  # nobody spreads robots over gateways here
                # Seventy threads in heaps of their own would hold more, and grow for hours.
                "MALLOC_ARENA_MAX": "2",
            },
        )

    def gpu_worker(self, number: int) -> Program:
        """One worker of the queue ``gpu``: one process, whose threads feed one network."""
        name = gpu_worker_name(number)
        n_threads = min(MOST_THREADS, max(1, n_cores() // self.n_gpu_workers))
        own = self._own_of_gpu_worker(number)
        return self._worker(name, "gpu", ("--pool=threads",), n_threads, own)

    def sort_worker(self) -> Program:
        """The worker of the queue ``sort``: a child process, so that time limits hold."""
        n_threads = min(MOST_THREADS, n_cores())  # a robot waits for it
        pool = ("--pool=prefork", "--concurrency=1")
        own = self._metrics_port(self.n_gpu_workers)
        return self._worker("sort-worker", "sort", pool, n_threads, own)

    def beat(self) -> Program:
        """The clock that asks for a sweep every few seconds."""
        return self._python("beat", *CELERY, "beat", "--loglevel=INFO")

    def robot_door(self, host: str, port: int) -> Program:
        """The door for robots of the original."""
        own = {"SORTERBOT_DOOR_HOST": host, "SORTERBOT_DOOR_PORT": str(port)}
        return self._python("robot-door", "api.robot_door", own=own)

    def flower(self, port: int, password: str) -> Program:
        """Flower, which shows the queues to whoever has the password of ``operator``."""
        return self._python(
            "flower",
            *("celery", "--app=workers.flower_app", "flower"),
            f"--address={LOOPBACK}",
            f"--port={port}",
            own={"FLOWER_BASIC_AUTH": f"{FLOWER_USER}:{password}"},
        )

    def feeds(self) -> Program:
        """The process that tells an original control panel, or names pictures as it does."""
        return self._python("feeds", "workers.feeds")

    def replays(self, packages: Path) -> Program:
        """The process that makes the replays which the console asks for."""
        own = {"SORTERBOT_REPLAY_PACKAGES": str(packages.resolve())}
        n_threads = min(MOST_THREADS, max(1, n_cores() // 2))
        return self._python("replays", "workers.replay_server", threads=n_threads, own=own)

    def _own_of_gpu_worker(self, number: int) -> dict[str, str]:
        """Return what sets one GPU worker apart: its GPU, and where it answers Prometheus."""
        own: dict[str, str] = {}
        if self.gpus:
            own[VISIBLE] = self.gpus[(number - 1) % len(self.gpus)]
        return {**own, **self._metrics_port(number - 1)}

    def _metrics_port(self, nth: int) -> dict[str, str]:
        """Return where the nth of the workers answers Prometheus, from 0, where any does."""
        port = self.environment.get(METRICS_PORT, os.environ.get(METRICS_PORT, ""))
        return {METRICS_PORT: str(int(port) + nth)} if port.isdecimal() and int(port) > 0 else {}

    def _worker(
        self,
        name: str,
        queue: str,
        pool: tuple[str, ...],
        n_threads: int,
        own: Mapping[str, str] = MappingProxyType({}),
    ) -> Program:
        return self._python(
            name,
            *CELERY,
            "worker",
            f"--queues={queue}",
            f"--hostname={name}@%h",
            *pool,
            "--loglevel=INFO",
            "--without-gossip",
            "--without-mingle",
            threads=n_threads,
            own=own,
        )

    def _python(
        self,
        name: str,
        *arguments: str,
        threads: int = 1,
        own: Mapping[str, str] = MappingProxyType({}),
    ) -> Program:
        return Program(
            name=name,
            argv=(sys.executable, "-m", *arguments),
            folder=self.folder,
            log=self.folder / "logs" / f"{name}.log",
            environment={
                **self.environment,
                "OMP_NUM_THREADS": str(threads),
                "PYTHONUNBUFFERED": "1",
                **own,
            },
        )


CELERY = ("celery", "--app=workers.app")


def gpu_worker_name(number: int) -> str:
    """Return ``gpu-worker`` for the first and ``gpu-worker-2`` for the second."""
    return "gpu-worker" if number == 1 else f"gpu-worker-{number}"


def n_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
