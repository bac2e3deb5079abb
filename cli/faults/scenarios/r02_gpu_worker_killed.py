"""R2: a GPU worker is killed in mid-picture while another one lives."""

from __future__ import annotations

import time

from cli.faults.robots import OpenSession, Robot
from cli.faults.scenario import Needs, Scenario
from cli.faults.site import Site, pid_of_worker
from cli.faults.trial import Trial

TAKEN_OVER_WITHIN_S = 15.0
WORKERS = ("gpu-worker", "gpu-worker-2")
N_PICTURES = 6

CLAIMED = """
SELECT claimed_by, array_agg(image_id) FROM images
WHERE session_id = %s AND state = 'detecting' GROUP BY claimed_by
"""
UNREAD = "SELECT count(*) FROM images WHERE image_id = ANY(%s) AND state <> 'detected'"


def run(trial: Trial) -> None:
    """Kill whoever reads, keep it away, and see that the other one takes its pictures over."""
    robot = trial.robot()
    for number in range(1 if trial.is_short else 4):
        session = robot.open_session(table=number, n_pictures=N_PICTURES)
        for position_pw in session.positions_pw[:-1]:
            robot.post(session, position_pw)
        _kill_in_mid_picture(trial, robot, session)


def _kill_in_mid_picture(trial: Trial, robot: Robot, session: OpenSession) -> None:
    site = trial.site
    workers = {site.pid(name): name for name in WORKERS}
    trial.wait_until(lambda: bool(_claimed_by_pid(site, session)), 30, "a claimed picture")
    claimed = _claimed_by_pid(site, session)
    pid = max(claimed, key=lambda pid: len(claimed[pid]))
    site.stop(workers[pid])
    killed_s = time.monotonic()
    held = _claimed_by_pid(site, session).get(pid, [])
    trial.expect(bool(held), f"pid {pid} was not killed in mid-picture", session.session_id)
    robot.post(session, session.positions_pw[-1])
    robot.complete(session)
    trial.wait_until(
        lambda: site.query(UNREAD, held)[0][0] == 0, 60, "a reading of a killed worker's pictures"
    )
    taken_over_s = time.monotonic() - killed_s
    trial.recovered(taken_over_s)
    trial.expect(
        taken_over_s <= TAKEN_OVER_WITHIN_S,
        f"a killed worker's pictures were taken over after {taken_over_s:.1f} s",
        session.session_id,
    )
    site.start(workers[pid])


def _claimed_by_pid(site: Site, session: OpenSession) -> dict[int, list[str]]:
    """Return the pictures of the session that each process works on."""
    rows = site.query(CLAIMED, session.session_id)
    return {pid_of_worker(worker_id): image_ids for worker_id, image_ids in rows}


SCENARIO = Scenario(
    "R2",
    "kill -9 of a whole GPU worker in mid-picture, another one alive",
    run,
    Needs(n_gpu_workers=2, detector="stand-in:delay_s=0.3"),
)
