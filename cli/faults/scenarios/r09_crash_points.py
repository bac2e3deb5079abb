"""R9: processes die between their commit and their acknowledgement, or wake up too late."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cli.faults.extra_worker import extra_worker
from cli.faults.messages import await_done_with
from cli.faults.robots import OpenSession
from cli.faults.scenario import Needs, Scenario
from cli.faults.site import pid_of_worker
from cli.faults.trial import Trial
from cli.faults.unchanged import unchanged
from storage.crash_points import arm_crash_point, armed_crash_points

DEATHS = ("detect:committed", "sort:committed", "detect:claimed", "detect:read")
REACHED_WITHIN_S = 240.0

DETECTORS = "SELECT DISTINCT claimed_by FROM images WHERE session_id = %s AND state = 'detecting'"
SORTERS = "SELECT claimed_by FROM sessions WHERE session_id = %s AND state = 'sorting'"


def run(trial: Trial) -> None:
    """Die once at each point, and be stale once as a detector and once as a sorter."""
    _wake_up_late(trial, "detect:read", DETECTORS)
    sessions = {point: _run_deadly_session(trial, point) for point in DEATHS}
    for point, session in sessions.items():
        _await_reached(trial, point)
        trial.await_end(session.session_id, what=f"death at {point}")
    if not trial.is_short:
        with extra_worker(trial.site, "sort"):
            _wake_up_late(trial, "sort:planned", SORTERS)


def _run_deadly_session(trial: Trial, point: str) -> OpenSession:
    """Post a session in which a process will die at the point, once."""
    robot = trial.robot()
    session = robot.open_session(table=DEATHS.index(point))
    arm_crash_point(trial.site.crash_folder, point, session.session_id)
    for position_pw in session.positions_pw:
        robot.post(session, position_pw)
    robot.complete(session)
    return session


def _wake_up_late(trial: Trial, point: str, owners: str) -> None:
    """Let a process stand still with its result in hand until somebody else has ended its work."""
    site = trial.site
    arm_crash_point(site.crash_folder, point, number=signal.SIGSTOP)
    session = trial.robot().run_session(table=5, n_pictures=6)
    _await_reached(trial, point)
    owner_ids = [worker_id for (worker_id,) in site.query(owners, session.session_id)]
    stopped = [pid for pid in map(pid_of_worker, owner_ids) if _stands_still(pid)]
    trial.expect(len(stopped) == 1, f"{len(stopped)} of {owner_ids} stand still at {point}")
    with _woken_in_the_end(trial, stopped):
        trial.await_end(session.session_id, what=f"an owner that stands still at {point}")
        with (
            unchanged(trial, session.session_id, f"an owner that woke up late at {point}"),
            site.redis_client() as client,
        ):
            site.resume(stopped)
            await_done_with(trial, client, session.session_id)


@contextmanager
def _woken_in_the_end(trial: Trial, pids: list[int]) -> Iterator[None]:
    try:
        yield
    finally:
        trial.site.resume(pids)


def _await_reached(trial: Trial, point: str) -> None:
    folder = trial.site.crash_folder
    trial.wait_until(lambda: point not in armed_crash_points(folder), REACHED_WITHIN_S, point)


def _stands_still(pid: int) -> bool:
    return "State:\tT" in Path(f"/proc/{pid}/status").read_text()


SCENARIO = Scenario(
    "R9",
    "death between commit and acknowledgement, and a stale owner that wakes up afterwards",
    run,
    Needs(n_gpu_workers=2, detector="stand-in:delay_s=0.3"),
)
