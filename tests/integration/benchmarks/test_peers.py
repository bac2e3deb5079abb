"""Starting and ending the systems that are compared, with small programs in their place."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import pytest

from benchmarks.peers.systems import System, served
from sorter.errors import SorterBotError

MAIN = """
import os, pathlib, socket, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
door = socket.create_server(("127.0.0.1", int(os.environ["PEER_PORT"])))
pathlib.Path(os.environ["PEER_PID_FILE"]).write_text(str(os.getpid()))
child.wait()
"""


def environments(folder: Path, name: str) -> Path:
    """Return a folder that holds this Python as a system's environment."""
    home = folder / name
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "python").symlink_to(sys.executable)
    (home / ".installed").touch()
    return folder


def lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_system_that_ends_at_once_is_said_not_to_start_and_its_log_is_told(tmp_path):
    system = System("broken", (), ("python", "-c", "raise SystemExit('no such thing')"))
    with (
        pytest.raises(SorterBotError, match="broken does not start: no such thing"),
        served(system, environments(tmp_path, "broken"), tmp_path, 1),
    ):
        pytest.fail("it cannot answer")


def test_nothing_that_a_system_started_outlives_it_though_its_main_process_was_killed(tmp_path):
    system = System("two", (), ("python", "-c", MAIN))
    with served(system, environments(tmp_path, "two"), tmp_path, 1) as running:
        started = running.process.children()
        assert len(started) == 1
        assert running.resident_mib() > 1
        running.kill_model()
    assert not any(lives(one) for one in [running.process, *started])
