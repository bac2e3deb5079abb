"""Real worker processes, and waiting for what they do."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.services.process import Child, Leash, Program

ROOT = Path(__file__).parents[3]


def wait_until(is_so: Callable[[], bool], within_s: float, what: str) -> None:
    """Wait for a condition, and fail the test where it does not come about."""
    until = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > until:
            raise AssertionError(f"not within {within_s} s: {what}")
        time.sleep(0.02)


@dataclass(frozen=True, slots=True)
class WorkerStart:
    """How a worker is started; ``app`` is the module that holds its Celery app."""

    app: str
    queues: str
    pool: str
    concurrency: int | None
    folder: Path
    environment: Mapping[str, str]

    def start(self, name: str, leash: Leash) -> Child:
        """Start the worker and return at once."""
        options = f"-Q {self.queues} -P {self.pool} -n {name}@test -l WARNING"
        if self.concurrency is not None:
            options += f" -c {self.concurrency}"
        quiet = "--without-gossip --without-mingle"
        program = Program(
            name=name,
            argv=(
                *(sys.executable, "-m", "celery", "-A", self.app, "worker"),
                *options.split(),
                *quiet.split(),
            ),
            folder=ROOT,
            log=self.folder / f"{name}.log",
            environment=self.environment,
        )
        return Child(program, leash)


def start_beat(app: str, folder: Path, environment: Mapping[str, str], leash: Leash) -> Child:
    """Start the process that asks for sweeps."""
    argv = (sys.executable, "-m", "celery", "-A", app, "beat", "-l", "WARNING", "--pidfile=")
    return Child(Program("beat", argv, ROOT, folder / "beat.log", environment), leash)


class SupervisedWorker:
    """A worker that is started again when it ends, as every deployment does.

    Looked after whenever :meth:`look` is called, and while :meth:`wait_until` waits.
    """

    def __init__(self, start: WorkerStart, name: str, leash: Leash) -> None:
        self._start = start
        self._name = name
        self._leash = leash
        self.child = start.start(name, leash)
        self.exit_statuses: list[int] = []

    def wait_until(self, is_so: Callable[[], bool], within_s: float, what: str) -> None:
        """Wait for a condition, and start the worker again where it has ended."""

        def is_so_by_now() -> bool:
            self.look()
            return is_so()

        wait_until(is_so_by_now, within_s, what)

    def look(self) -> None:
        """Start the worker again where it has ended."""
        status = self.child.exit_status
        if status is not None:
            self.exit_statuses.append(status)
            self.child.bury()
            self.child = self._start.start(self._name, self._leash)
