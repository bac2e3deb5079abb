"""R3: the sort worker, the gateway and beat are killed where it hurts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from cli.faults.robots import OpenSession, Robot, Traffic
from cli.faults.scenario import Needs, Scenario
from cli.faults.trial import Trial
from storage.crash_points import arm_crash_point, armed_crash_points

POINTS = ("image:stored", "image:committed", "sort:claimed", "sort:planned", "sort:committed")
"""The gateway between file, row and message; the sort worker around the commit of its plan."""

DIES_WITHIN_S = 240.0


def run(trial: Trial) -> None:
    """Let processes die at each point, and whole services at any moment, beside other robots."""
    crowd = trial.start_robots(Traffic(4 if trial.is_short else trial.n_sessions, gap_s=0.3))
    robots = [trial.robot() for _ in POINTS]
    with ThreadPoolExecutor(len(POINTS)) as pool:
        list(pool.map(lambda one: _die_at(trial, *one), zip(robots, POINTS, strict=True)))
    _lose_a_message_while_beat_is_dead(trial, robots[0])
    for service in trial.rng.permutation(["sort-worker", "gateway"]):
        _kill_in_mid_session(trial, robots[0], str(service))
    trial.finish(crowd)


def _die_at(trial: Trial, robot: Robot, point: str) -> None:
    """Let a process die at the point, in a session of its own, and see that the session ends."""
    session = robot.open_session(table=POINTS.index(point))
    arm_crash_point(trial.site.crash_folder, point, session.session_id)
    _post_all(robot, session)
    trial.wait_until(
        lambda: point not in armed_crash_points(trial.site.crash_folder),
        DIES_WITHIN_S,
        f"a death at {point}",
    )
    trial.await_end(session.session_id, what=point)


def _lose_a_message_while_beat_is_dead(trial: Trial, robot: Robot) -> None:
    """Lose a picture's message while nobody sweeps: the next beat has it published again."""
    session = robot.open_session(table=5)
    arm_crash_point(trial.site.crash_folder, "image:committed", session.session_id)
    if trial.site.has_sweeper:
        trial.site.kill("beat")
    _post_all(robot, session)
    trial.await_end(session.session_id, what="beat")


def _kill_in_mid_session(trial: Trial, robot: Robot, service: str) -> None:
    session = robot.open_session(table=int(trial.rng.integers(6)))
    for number, position_pw in enumerate(session.positions_pw):
        if number == 2:
            trial.site.kill(service)
        robot.post(session, position_pw)
    robot.complete(session)
    trial.await_end(session.session_id, what=service)


def _post_all(robot: Robot, session: OpenSession) -> None:
    for position_pw in session.positions_pw:
        robot.post(session, position_pw)
    robot.complete(session)


SCENARIO = Scenario(
    "R3",
    "kill -9 of the sort worker around its commit, of the gateway around its own, and of beat",
    run,
    Needs(n_gpu_workers=2, detector="stand-in:delay_s=0.3"),
)
