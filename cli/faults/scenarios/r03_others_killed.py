"""R3: the sort worker, the gateway and beat are killed where it hurts."""

from __future__ import annotations

from cli.faults.robots import OpenSession, Robot, Traffic
from cli.faults.scenario import Needs, Scenario
from cli.faults.trial import Trial
from storage.crash_points import arm_crash_point, armed_crash_points

OF_SORTING = ("sort:claimed", "sort:planned", "sort:committed")
OF_POSTING = ("image:stored", "image:committed")
DIES_WITHIN_S = 60.0


def run(trial: Trial) -> None:
    """Let each process die at each point, beside robots that go on undisturbed."""
    crowd = trial.start_robots(Traffic(4 if trial.is_short else trial.n_sessions, gap_s=0.3))
    robot = trial.robot()
    for number, point in enumerate((*OF_POSTING, *OF_SORTING)):
        _die_at(trial, robot, point, table=number)
    _die_while_beat_is_dead(trial, robot)
    trial.finish(crowd)


def _die_at(trial: Trial, robot: Robot, point: str, table: int) -> None:
    """Let a process die at the point, in a session of its own, and see that the session ends."""
    session = robot.open_session(table)
    arm_crash_point(trial.site.crash_folder, point, session.session_id)
    _post_all(robot, session)
    trial.wait_until(
        lambda: point not in armed_crash_points(trial.site.crash_folder),
        DIES_WITHIN_S,
        f"a death at {point}",
    )
    trial.await_end(session.session_id)


def _die_while_beat_is_dead(trial: Trial, robot: Robot) -> None:
    """Lose a picture's message while nobody sweeps: the next beat has it published again."""
    session = robot.open_session(table=5)
    arm_crash_point(trial.site.crash_folder, "image:committed", session.session_id)
    if trial.site.has_sweeper:
        trial.site.kill("beat")
    _post_all(robot, session)
    trial.await_end(session.session_id)


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
