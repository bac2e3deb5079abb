"""R14: hours in minutes: steady traffic, a random fault a minute, and nothing grows."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from cli.faults.memory import Watch
from cli.faults.robots import Traffic
from cli.faults.scenario import Needs, Scenario
from cli.faults.trial import Trial
from sorter.errors import SorterBotError

LOAD = 0.7
"""Of the pictures a second that the site takes at most."""

N_ROBOTS = 4
N_PICTURES = 4
FAULT_EVERY_S = 60.0
SHORT_FAULT_EVERY_S = 8.0
SHORT_S = 30.0
SLICE_S = 20.0
"""A stretch of traffic that is begun at a time, so that a slow machine does not end late."""

CAPACITY_SESSIONS = 24
CAPACITY_WITHIN_S = 120.0
LOOK_EVERY_S = 2.0
CUT_S = 3.0
"""How long a silenced line says nothing."""

MAX_DATABASE_CONNECTIONS = 100
"""Two workers, a sort worker, a gateway and beat with up to 20 each; leaks go on from there."""

MAX_OPEN_FILES = 200

SERVICES = ("gateway", "gpu-worker", "gpu-worker-2", "sort-worker", "beat", "redis")

CUT_CONNECTIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
COUNT_CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"

GATEWAY_KILLED = "gateway killed"

Fault = Callable[[Trial], None]


def run(trial: Trial) -> None:
    """Measure what the site takes, then load it to 70% of that, and break something each minute."""
    capacity = _measure_capacity(trial)
    watch, faults = Watch(), Counter[str]()
    began_s, n_before = time.monotonic(), trial.n_accepted
    _load(trial, LOAD * capacity, watch, faults)
    took_s = time.monotonic() - began_s
    trial.figure("capacity_per_s", round(capacity, 2))
    trial.figure("accepted_per_s", round((trial.n_accepted - n_before) / took_s, 2))
    trial.figure("faults", dict(sorted(faults.items())))
    trial.site.settle()
    _expect_flat(trial, watch)
    _expect_disk_accounted_for(trial, faults[GATEWAY_KILLED])


def _load(trial: Trial, rate: float, watch: Watch, faults: Counter[str]) -> None:
    """Let robots send so many pictures a second until the time is up, and break things."""
    until_s = time.monotonic() + (SHORT_S if trial.is_short else trial.minutes * 60.0)
    every_s = SHORT_FAULT_EVERY_S if trial.is_short else FAULT_EVERY_S
    next_fault_s = time.monotonic() + every_s
    n_sessions = max(N_ROBOTS, round(rate * SLICE_S / N_PICTURES))
    robots = Traffic(n_sessions, N_ROBOTS, N_PICTURES, gap_s=N_ROBOTS / rate)
    while time.monotonic() < until_s:
        crowd = trial.start_robots(robots)
        while not crowd.is_done:
            watch.look(_pids(trial), time.monotonic())
            if time.monotonic() >= next_fault_s:
                faults[_break_something(trial)] += 1
                next_fault_s += every_s
            time.sleep(LOOK_EVERY_S)
        trial.finish(crowd)


def _measure_capacity(trial: Trial) -> float:
    """Return how many pictures a second come to an end when robots send without a pause."""
    n_sessions = N_ROBOTS if trial.is_short else CAPACITY_SESSIONS
    began_s = time.monotonic()
    crowd = trial.start_robots(Traffic(n_sessions, N_ROBOTS, N_PICTURES, gap_s=0.0))
    trial.finish(crowd)
    for session in crowd.sessions:
        trial.wait_until(
            partial(trial.has_ended, session.session_id), CAPACITY_WITHIN_S, "a session's end"
        )
    return n_sessions * N_PICTURES / (time.monotonic() - began_s)


def _break_something(trial: Trial) -> str:
    """Inject one fault of the dice's choice, and say which."""
    name = str(trial.rng.choice(sorted(FAULTS)))
    FAULTS[name](trial)
    return name


def _kill(name: str) -> Fault:
    """Return the fault that kills a service, which supervision starts again."""

    def kill(trial: Trial) -> None:
        trial.site.kill(name)

    return kill


def _cut_database(trial: Trial) -> None:
    trial.site.query(CUT_CONNECTIONS)


def _reset_line(server: str) -> Fault:
    return lambda trial: trial.site.proxies[server].reset()


def _silence_line(server: str) -> Fault:
    def silence(trial: Trial) -> None:
        trial.site.proxies[server].silence()
        time.sleep(CUT_S)
        trial.site.proxies[server].pass_on()

    return silence


FAULTS: dict[str, Fault] = {
    GATEWAY_KILLED: _kill("gateway"),
    "gpu worker killed": _kill("gpu-worker"),
    "sort worker killed": _kill("sort-worker"),
    "beat killed": _kill("beat"),
    "redis killed": _kill("redis"),
    "database connections cut": _cut_database,
    "redis connections reset": _reset_line("redis"),
    "database connections reset": _reset_line("postgres"),
    "redis silent": _silence_line("redis"),
    "database silent": _silence_line("postgres"),
}
"""The second GPU worker is left alone, so that one process's memory is seen from start to end."""


def _expect_flat(trial: Trial, watch: Watch) -> None:
    """I7: memory, connections, files and disk stay flat, as far as this run can tell."""
    for growth in watch.growths():
        sentence = (
            f"{growth.mb_an_hour:+.1f} MB an hour ({growth.low:+.1f} to {growth.high:+.1f}, "
            f"{growth.last_mb:.0f} MB, {growth.span_s:.0f} s)"
        )
        trial.figure(f"memory of {growth.name}", sentence)
        trial.expect(not growth.is_proven, f"{growth.name} grows by {sentence}")
    files = watch.most_files()
    trial.figure("most open files", files)
    for name, n_files in files.items():
        trial.expect(n_files <= MAX_OPEN_FILES, f"{name} has {n_files} files open")
    n_connections = int(trial.site.query(COUNT_CONNECTIONS)[0][0])
    trial.figure("database connections", n_connections)
    trial.expect(n_connections <= MAX_DATABASE_CONNECTIONS, f"{n_connections} database connections")


def _expect_disk_accounted_for(trial: Trial, n_gateways_killed: int) -> None:
    """Compare what the image store holds with what was offered: every picture, nothing else.

    A gateway that dies while it writes leaves at most one unfinished file.
    """
    with trial.site.redis_client() as redis:
        trial.figure("redis bytes", int(redis.info("memory")["used_memory"]))
    n_bytes = n_strangers = 0
    for session in trial.ledger.sessions.values():
        offered = {sha256 for _, sha256 in session.offers}
        for path in (trial.site.folder / "images" / session.session_id).iterdir():
            n_bytes += path.stat().st_size
            n_strangers += path.stem not in offered
    trial.figure("image bytes", n_bytes)
    trial.expect(
        n_strangers <= n_gateways_killed, f"{n_strangers} files are no picture that was sent"
    )


def _pids(trial: Trial) -> dict[str, list[int]]:
    pids: dict[str, list[int]] = {}
    for name in SERVICES:
        with suppress(SorterBotError, OSError):
            pids[name] = [trial.site.pid(name), *trial.site.child_pids(name)]
    return pids


SCENARIO = Scenario(
    "R14",
    "a soak at 70% of capacity with a random fault a minute",
    run,
    Needs(n_gpu_workers=2, has_proxies=True, is_durable=True),
    is_soak=True,
)
