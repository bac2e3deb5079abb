from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from cli.services.process import Program
from cli.supervisor import Service, Supervisor, describe_end
from sorter.errors import ConflictError, NotFoundError, SorterBotError
from tests.integration.cli.processes import eventually, lives

SLEEP = "import time; time.sleep(600)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "


def program(folder: Path, name: str, code: str, stop_within_s: float = 5.0) -> Program:
    argv = (sys.executable, "-I", "-S", "-c", code)
    return Program(name, argv, folder, folder / f"{name}.log", stop_within_s=stop_within_s)


def service(folder: Path, name: str, code: str = SLEEP, **kwargs: object) -> Service:
    made = program(folder, name, code)
    return Service(name, lambda: made, **kwargs)  # type: ignore[arg-type]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(said: list[str]) -> Iterator[Supervisor]:
    with Supervisor(said.append, first_pause_s=0.05) as supervisor:
        yield supervisor


def test_a_killed_service_is_started_again(
    supervisor: Supervisor, tmp_path: Path, said: list[str]
) -> None:
    supervisor.start(service(tmp_path, "clock"))
    supervisor.watch()
    first = supervisor.kill("clock")
    eventually(lambda: supervisor.n_restarts("clock") == 1)
    assert supervisor.pid("clock") != first
    assert any("clock was ended by SIGKILL" in sentence for sentence in said)


def test_the_pause_before_a_restart_grows(supervisor: Supervisor, tmp_path: Path) -> None:
    starts: list[float] = []
    made = program(tmp_path, "faulty", "raise SystemExit(3)")

    def prepare() -> Program:
        starts.append(time.monotonic())
        return made

    supervisor.start(Service("faulty", prepare))
    supervisor.watch()
    eventually(lambda: len(starts) == 4)
    pauses = [later - earlier for earlier, later in pairwise(starts)]
    assert all(pause > least for pause, least in zip(pauses, (0.05, 0.1, 0.2), strict=True))


@pytest.mark.parametrize("is_asked", [False, True])
def test_a_service_that_is_held_stays_away_until_it_is_started(
    supervisor: Supervisor, tmp_path: Path, is_asked: bool
) -> None:
    supervisor.start(service(tmp_path, "clock"), service(tmp_path, "other"))
    supervisor.watch()
    first = supervisor.pid("clock")
    supervisor.hold("clock", is_asked=is_asked)
    assert not lives(first)
    supervisor.kill("other")
    eventually(lambda: supervisor.n_restarts("other") == 1)  # the watch goes on, and passes it by
    assert supervisor.n_restarts("clock") == 0
    with pytest.raises(ConflictError, match="clock is not running"):
        supervisor.pid("clock")
    supervisor.start_now("clock")
    assert lives(supervisor.pid("clock"))
    supervisor.kill("clock")
    eventually(lambda: supervisor.n_restarts("clock") == 1)


def test_a_service_can_be_held_twice_and_while_it_is_dead(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    made = program(tmp_path, "faulty", "raise SystemExit(3)")
    supervisor.start(Service("faulty", lambda: made))
    supervisor.watch()
    eventually(lambda: supervisor.n_restarts("faulty") > 0)
    supervisor.hold("faulty", is_asked=True)
    supervisor.hold("faulty", is_asked=False)
    n_restarts = supervisor.n_restarts("faulty")
    time.sleep(0.5)
    assert supervisor.n_restarts("faulty") == n_restarts


def test_starting_what_runs_changes_nothing(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(service(tmp_path, "clock"))
    first = supervisor.pid("clock")
    supervisor.start_now("clock")
    assert supervisor.pid("clock") == first


def test_starting_what_waits_for_its_restart_does_not_wait(tmp_path: Path) -> None:
    with Supervisor(lambda _: None, first_pause_s=600.0) as supervisor:
        supervisor.start(service(tmp_path, "clock"))
        supervisor.watch()
        first = supervisor.kill("clock")
        eventually(lambda: not lives(first))
        eventually(lambda: _is_buried(supervisor, "clock"))
        supervisor.start_now("clock")
        assert supervisor.pid("clock") != first


def _is_buried(supervisor: Supervisor, name: str) -> bool:
    try:
        supervisor.pid(name)
    except ConflictError:
        return True
    return False


def test_a_service_that_dies_each_time_is_reported_loudly_with_its_last_words(
    supervisor: Supervisor, tmp_path: Path, said: list[str]
) -> None:
    supervisor.start(service(tmp_path, "faulty", "raise SystemExit('the GPU is gone')"))
    supervisor.watch()
    eventually(lambda: sum("ended with exit status 1" in sentence for sentence in said) >= 5)
    deaths = [sentence for sentence in said if "ended with exit status 1" in sentence]
    assert ["ATTENTION" in sentence for sentence in deaths[:5]] == [False] * 3 + [True] * 2
    assert "after 4 deaths in a row" in deaths[3]
    assert "Its last words: the GPU is gone" in deaths[3]


def test_a_service_that_cannot_be_prepared_is_tried_again(
    supervisor: Supervisor, tmp_path: Path, said: list[str]
) -> None:
    made = program(tmp_path, "moody", SLEEP)
    moods = iter(["well", "ill", "well"])

    def prepare() -> Program:
        if next(moods) == "ill":
            raise SorterBotError("its folder is gone")
        return made

    supervisor.start(Service("moody", prepare))
    supervisor.watch()
    supervisor.kill("moody")
    eventually(lambda: supervisor.n_restarts("moody") == 1)
    assert "moody cannot be started: its folder is gone" in said


def test_stopping_ends_every_service_last_started_first(tmp_path: Path) -> None:
    order = tmp_path / "order"
    code = (
        "import pathlib, signal, sys, time\n"
        "def end(*_):\n"
        f"    with open({str(order)!r}, 'a') as file: file.write('%s ')\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        f"pathlib.Path({str(tmp_path)!r}, '%s').touch()\n"
        "time.sleep(600)"
    )
    with Supervisor(lambda _: None) as supervisor:
        for name in ("first", "second", "third"):
            touched = tmp_path / name
            made = service(tmp_path, name, code % (name, name), is_ready=touched.exists)
            supervisor.start(made)
        pids = [supervisor.pid(name) for name in supervisor.names()]
    assert order.read_text().split() == ["third", "second", "first"]
    assert not any(lives(pid) for pid in pids)


def test_a_service_that_does_not_listen_is_killed_after_its_time(tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    code = f"{DEAF} open({str(touched)!r}, 'w').close(); time.sleep(600)"
    made = program(tmp_path, "deaf", code, stop_within_s=0.2)
    with Supervisor(lambda _: None) as supervisor:
        supervisor.start(Service("deaf", lambda: made, touched.exists))
        pid = supervisor.pid("deaf")
    assert not lives(pid)


def test_what_a_service_started_ends_with_it(tmp_path: Path) -> None:
    child_pid = tmp_path / "child"
    code = (
        "import os, subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-I', '-S', '-c', {SLEEP!r}])\n"
        f"open({str(child_pid)!r} + '.new', 'w').write(str(child.pid))\n"
        f"os.rename({str(child_pid)!r} + '.new', {str(child_pid)!r})\n"
        "time.sleep(600)"
    )
    with Supervisor(lambda _: None) as supervisor:
        supervisor.start(service(tmp_path, "parent", code, is_ready=child_pid.exists))
        pid = int(child_pid.read_text())
        assert lives(pid)
    eventually(lambda: not lives(pid))


def test_a_service_that_ends_at_once_is_reported_with_its_last_words(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    code = "raise SystemExit('the disk is full')"
    with pytest.raises(SorterBotError, match=r"bad ended at once: the disk is full \(log: .*bad"):
        supervisor.start(service(tmp_path, "bad", code, is_ready=lambda: False))


def test_a_service_that_is_not_ready_in_time_is_reported(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    with pytest.raises(SorterBotError, match=r"slow was not ready after 0 s"):
        supervisor.start(service(tmp_path, "slow", is_ready=lambda: False, ready_within_s=0.1))


def test_an_unknown_service_is_named_with_those_that_are(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    supervisor.start(service(tmp_path, "clock"))
    with pytest.raises(NotFoundError, match="watch; there are clock"):
        supervisor.kill("watch")


def test_a_dead_service_has_no_process_number(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(service(tmp_path, "clock"))
    supervisor.kill("clock")
    with pytest.raises(ConflictError, match="not running"):
        eventually(lambda: supervisor.pid("clock") < 0)


@pytest.mark.parametrize(
    ("status", "words"),
    [(0, "ended with exit status 0"), (-signal.SIGSEGV, "was ended by SIGSEGV")],
)
def test_an_end_is_described_by_status_or_signal(status: int, words: str) -> None:
    assert describe_end(status) == words
