"""Ends the processes of a stack whose own process is gone, however it went.

Run as a script with a pipe as its standard input. The stack writes ``hold <pid> <signal>`` for
each process group it starts and ``free <pid>`` for each that it has seen end. The kernel closes
the pipe when the stack ends, ``kill -9`` included; what is still held is then ended: by its
signal, and two seconds later without mercy.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterable

GRACE_S = 2.0


def held_groups(lines: Iterable[str]) -> dict[int, int]:
    """Return each group that is held when ``lines`` end, and the signal that ends it."""
    held: dict[int, int] = {}
    for line in lines:
        word, group, *rest = line.split()
        if word == "hold":
            held[int(group)] = int(rest[0])
        else:
            held.pop(int(group), None)
    return held


def send(group: int, number: int) -> bool:
    """Signal a process group; return whether there was one."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def end_groups(held: dict[int, int], grace_s: float = GRACE_S) -> None:
    """Ask each group to end, last started first, and kill what has not after ``grace_s``."""
    groups = [group for group, number in reversed(held.items()) if send(group, number)]
    until = time.monotonic() + grace_s
    while time.monotonic() < until and any(send(group, 0) for group in groups):
        time.sleep(0.05)
    for group in groups:
        send(group, signal.SIGKILL)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    end_groups(held_groups(sys.stdin))
