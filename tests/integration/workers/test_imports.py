"""What a fresh process imports: slow where modules are heavy, so not among the unit tests."""

from __future__ import annotations

import subprocess
import sys


def imported_by(module: str, among: tuple[str, ...]) -> list[str]:
    """Return which modules a fresh process holds after importing one."""
    program = f"import sys, {module}; print(*[m for m in {among} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    return done.stdout.split()


def test_importing_the_queue_brings_nothing_that_the_gateway_lacks() -> None:
    heavy = ("torch", "torchvision", "sklearn", "scipy", "vision", "workers.tasks")
    assert imported_by("workers.queue", heavy) == []


def test_beat_and_workers_start_without_what_only_networks_and_sorting_need() -> None:
    heavy = ("torch", "sklearn", "scipy", "sqlalchemy")
    assert imported_by("workers.bootstrap", heavy) == []


def test_the_feeds_run_in_the_gateway_s_image() -> None:
    missing = ("torch", "sklearn", "scipy", "vision", "robot", "boto3", "workers.bootstrap")
    assert imported_by("workers.feeds", missing) == []
