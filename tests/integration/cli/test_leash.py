from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from cli.services.leash import end_groups, held_groups
from cli.services.process import Child, Leash, Program
from tests.integration.cli.processes import eventually, lives

START_AND_WAIT = """
import pathlib, sys, time
from cli.services.process import Child, Leash, Program
folder = pathlib.Path(sys.argv[1])
leash = Leash()
deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
for name, code in (("meek", "import time; time.sleep(600)"), ("deaf", deaf)):
    argv = (sys.executable, "-I", "-S", "-c", code)
    child = Child(Program(name, argv, folder, folder / "log"), leash)
    print(child.pid, flush=True)
print(leash.pid, flush=True)
time.sleep(600)
"""


def test_children_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", START_AND_WAIT, str(tmp_path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pids = [int(parent.stdout.readline()) for _ in range(3)]
        assert all(lives(pid) for pid in pids)
        parent.kill()
    eventually(lambda: not any(lives(pid) for pid in pids))


def test_what_was_freed_is_held_no_more() -> None:
    lines = ["hold 10 15\n", "hold 11 2\n", "free 10\n", "hold 12 15\n", "free 99\n"]
    assert held_groups(lines) == {11: 2, 12: 15}


def test_a_group_that_has_already_ended_is_passed_over() -> None:
    process = subprocess.Popen([sys.executable, "-I", "-S", "-c", ""], start_new_session=True)
    process.wait()
    started = time.monotonic()
    end_groups({process.pid: signal.SIGTERM})
    assert time.monotonic() - started < 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_amid_a_start_leaves_nobody_behind(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def interrupted(*args: Any, **options: Any) -> subprocess.Popen[bytes]:
        process = popen(*args, **options)
        started.append(process)
        signal.raise_signal(number)
        return process

    program = Program("sleeper", ("sleep", "600"), tmp_path, tmp_path / "log")
    former = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Leash() as leash:
            monkeypatch.setattr(subprocess, "Popen", interrupted)
            with pytest.raises(KeyboardInterrupt):
                Child(program, leash)
            monkeypatch.undo()
    finally:
        signal.signal(signal.SIGTERM, former)
    assert started[0].wait(10) == -signal.SIGTERM
