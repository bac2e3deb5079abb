"""Child processes that never outlive the process that started them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from sorter.errors import SorterBotError, TransientError

GUNICORN_LINE = re.compile(
    r'\[[-\d]+ [:\d]+ [-+]\d+\] \[\d+\] \[[A-Z]+\] |\{.*"logger": "gunicorn\.'
)
LEASH = Path(__file__).with_name("leash.py")


@dataclass(frozen=True, slots=True)
class Program:
    """What to run, and how it wants to be stopped.

    Attributes:
        environment: Added to the environment of this process.
        log: Where its output is appended.
        stop_within_s: How long it may take after ``stop_signal`` before it is killed.
    """

    name: str
    argv: tuple[str, ...]
    folder: Path
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within_s: float = 10.0


class Leash:
    """Holds children, and lets go of them only dead: they end when this process does."""

    def __init__(self) -> None:
        read_end, self._pipe = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(LEASH)],
            stdin=read_end,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(read_end)

    @property
    def pid(self) -> int:
        """The number of the leash's own process."""
        return self._process.pid

    def hold(self, group: int, number: signal.Signals) -> None:
        """End the process group by this signal once this process is gone."""
        self._write(f"hold {group} {int(number)}\n")

    def free(self, group: int) -> None:
        """Forget a process group that has ended; its number may soon be another's."""
        self._write(f"free {group}\n")

    def close(self) -> None:
        """End whatever is still held, and the leash itself."""
        os.close(self._pipe)
        self._process.wait()

    def _write(self, line: str) -> None:
        with suppress(BrokenPipeError):  # somebody killed the leash: children are still stopped
            os.write(self._pipe, line.encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Hold Ctrl-C and SIGTERM back: amid a start they would leave a process that nobody holds."""
    if threading.current_thread() is not threading.main_thread():
        yield  # no signal is handled here
        return
    came: list[int] = []
    former = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    # What is ignored stays so: the new process inherits that, but no handler.
    former = {number: one for number, one in former.items() if one not in (signal.SIG_IGN, None)}
    for number in former:
        signal.signal(number, lambda one, _: came.append(one))
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
        for one in came:
            signal.raise_signal(signal.Signals(one))


class Child:
    """One running program, in a process group of its own."""

    def __init__(self, program: Program, leash: Leash) -> None:
        self.program = program
        self._leash = leash
        self._is_asked = False
        with program.log.open("ab") as log, _interrupts_wait():
            self._process = subprocess.Popen(
                program.argv,
                cwd=program.folder,
                env={**os.environ, **program.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            leash.hold(self.pid, program.stop_signal)

    @property
    def pid(self) -> int:
        """The process's number, which is its group's, too."""
        return self._process.pid

    @property
    def exit_status(self) -> int | None:
        """``None`` while it runs, minus the signal's number where one ended it."""
        return self._process.poll()

    def send(self, number: signal.Signals) -> None:
        """Signal the process alone, not its children."""
        self._process.send_signal(number)

    def ask_to_stop(self) -> None:
        """Send the program's own signal for an orderly end, once: a second one may mean haste."""
        if not self._is_asked:
            self._is_asked = True
            self.send(self.program.stop_signal)

    def stop(self) -> int:
        """Ask for an orderly end, await it, kill what remains of the group, return the status."""
        self.ask_to_stop()
        try:
            self._process.wait(self.program.stop_within_s)
        except subprocess.TimeoutExpired:
            self.send(signal.SIGKILL)
        return self.bury()

    def kill(self) -> int:
        """End the process and its whole group without asking."""
        self.send(signal.SIGKILL)
        return self.bury()

    def bury(self) -> int:
        """Wait for the process's end and kill what is left of its group."""
        status = self._process.wait()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._leash.free(self.pid)
        return status


def await_ready(child: Child, is_ready: Callable[[], bool], within_s: float) -> None:
    """Wait until the child is ready to be used.

    Raises:
        SorterBotError: It ended instead; the last words of its log are in the message.
        TransientError: It was not ready in time.
    """
    started = time.monotonic()
    while not is_ready():
        if child.exit_status is not None:
            raise SorterBotError(
                f"{child.program.name} ended at once: {last_words(child.program.log)} "
                f"(log: {child.program.log})"
            )
        waited_s = time.monotonic() - started
        if waited_s > within_s:
            raise TransientError(
                f"{child.program.name} was not ready after {within_s:.0f} s "
                f"(log: {child.program.log})"
            )
        time.sleep(min(0.02 + waited_s / 20, 0.25))  # asking costs those who start something


def last_words(log: Path, n_bytes: int = 16_000) -> str:
    """Return the last line of a log that is not empty; of a structured one, what it says.

    What gunicorn says of itself, such as that it shuts down, counts only where nothing else is.
    """
    tail = log.read_bytes()[-n_bytes:].decode(errors="replace") if log.exists() else ""
    lines = [line.strip() for line in tail.splitlines() if line.strip()]
    telling = [line for line in lines if GUNICORN_LINE.match(line) is None] or lines
    return _plain(telling[-1]) if telling else "it wrote nothing"


def _plain(line: str) -> str:
    """Return the error, or else the event, of a line of JSON, and any other line as it is."""
    try:
        record = json.loads(line)
    except ValueError:
        return line
    if not isinstance(record, dict):
        return line
    error = str(record.get("exception", "")).strip().splitlines()
    return error[-1] if error else str(record.get("event", line))
