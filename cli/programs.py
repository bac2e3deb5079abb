"""What the local stack runs beside the two servers: gateway, workers and beat."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.services.network import LOOPBACK
from cli.services.process import Program

MOST_THREADS = 8  # more gain nothing for networks of this size, and starve the neighbours


@dataclass(frozen=True, slots=True)
class Programs:
    """Builds each command line.

    Attributes:
        folder: The stack's; working folder of every program.
        environment: What all of them need to find database, broker and pictures.
    """

    folder: Path
    environment: Mapping[str, str]
    n_gpu_workers: int

    def gateway(self, port: int) -> Program:
        """The gateway, listening on the loopback address."""
        return self._python(
            "gateway",
            "gunicorn",
            "--config=python:api.gunicorn_settings",
            f"--bind={LOOPBACK}:{port}",
            "api.bootstrap:create_app_from_environment()",
        )

    def gpu_worker(self, number: int) -> Program:
        """One worker of the queue ``gpu``: one process, whose threads feed one network."""
        name = gpu_worker_name(number)
        n_threads = min(MOST_THREADS, max(1, n_cores() // self.n_gpu_workers))
        return self._worker(name, "gpu", ("--pool=threads",), n_threads)

    def sort_worker(self) -> Program:
        """The worker of the queue ``sort``: a child process, so that time limits hold."""
        n_threads = min(MOST_THREADS, max(1, n_cores() // 2))
        return self._worker("sort-worker", "sort", ("--pool=prefork", "--concurrency=1"), n_threads)

    def beat(self) -> Program:
        """The clock that asks for a sweep every few seconds."""
        return self._python("beat", *CELERY, "beat", "--loglevel=INFO")

    def _worker(self, name: str, queue: str, pool: tuple[str, str], n_threads: int) -> Program:
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
        )

    def _python(self, name: str, *arguments: str, threads: int = 1) -> Program:
        return Program(
            name=name,
            argv=(sys.executable, "-m", *arguments),
            folder=self.folder,
            log=self.folder / "logs" / f"{name}.log",
            environment={
                **self.environment,
                "OMP_NUM_THREADS": str(threads),
                "PYTHONUNBUFFERED": "1",
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
