"""What tests ask of processes that are not their own children."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def lives(pid: int) -> bool:
    """Whether the process runs; one that has ended and that nobody waited for does not."""
    if Path("/proc/self/stat").exists():
        with suppress(FileNotFoundError, ProcessLookupError):
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
        return False
    argv = ["ps", "-o", "stat=", "-p", str(pid)]
    state = subprocess.run(argv, capture_output=True, check=False, text=True).stdout.strip()
    return bool(state) and not state.startswith("Z")


def eventually(claim: Callable[[], bool], within_s: float = 10.0) -> None:
    """Wait until the claim is true, and fail where it does not become so."""
    until = time.monotonic() + within_s
    while not claim():
        assert time.monotonic() < until, "never came true"
        time.sleep(0.02)
