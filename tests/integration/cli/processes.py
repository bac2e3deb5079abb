"""What tests ask of processes that are not their own children."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil


def lives(pid: int) -> bool:
    """Whether the process runs; one that has ended and that nobody waited for does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def family(pid: int) -> list[int]:
    """Return the numbers of all processes that a process has started, and those they have."""
    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


def eventually(claim: Callable[[], bool], within_s: float = 10.0) -> None:
    """Wait until the claim is true, and fail where it does not become so."""
    until = time.monotonic() + within_s
    while not claim():
        assert time.monotonic() < until, "never came true"
        time.sleep(0.02)
