"""R10: tasks that last longer than the broker waits before it gives their message out again."""

from __future__ import annotations

import signal

from cli.faults.messages import await_done_with
from cli.faults.robots import OpenSession, Traffic
from cli.faults.scenario import Needs, Scenario
from cli.faults.site import Site, pid_of_worker
from cli.faults.trial import Trial
from storage.crash_points import arm_crash_point, armed_crash_points
from workers.settings import SORT_QUEUE

WORKERS = ("gpu-worker", "gpu-worker-2")
ENDED = "Task sorterbot.detect_image["
"""What Celery's log says of a message that a detector has done with, whatever came of it."""

SORTER = "SELECT claimed_by FROM sessions WHERE session_id = %s AND state = 'sorting'"


def run(trial: Trial) -> None:
    """Detect and sort for longer than the timeout of a second."""
    site = trial.site
    n_before = _n_ended(site)
    crowd = trial.start_robots(Traffic(2 if trial.is_short else 6, n_robots=2, n_pictures=3))
    trial.finish(crowd)
    for session in crowd.sessions:
        trial.await_end(session.session_id)
        _expect_one_attempt_each(trial, session)
    n_ended = _n_ended(site) - n_before
    trial.expect(
        n_ended > trial.ledger.n_accepted,
        f"of {trial.ledger.n_accepted} slow pictures no message was given out again",
    )
    _outlast_it_while_sorting(trial)


def _expect_one_attempt_each(trial: Trial, session: OpenSession) -> None:
    attempts = [image.attempt for image in trial.site.store.load_images(session.session_id)]
    trial.expect(
        set(attempts) == {1}, f"slow pictures took {attempts} attempts", session.session_id
    )


def _outlast_it_while_sorting(trial: Trial) -> None:
    """Let a sort stand still, its plan in hand, until its message waits for a second time."""
    site = trial.site
    robot = trial.robot()
    arm_crash_point(site.crash_folder, "sort:planned", number=signal.SIGSTOP)
    session = robot.run_session(table=1)
    trial.wait_until(lambda: not armed_crash_points(site.crash_folder), 90, "a sort")
    ((sorter,),) = site.query(SORTER, session.session_id)
    with site.redis_client() as client:
        trial.wait_until(
            lambda: int(client.llen(SORT_QUEUE)) > 0, 60, "a sort that is given out again"
        )
        site.resume([pid_of_worker(sorter)])
        trial.await_end(session.session_id)
        await_done_with(trial, client, session.session_id)


def _n_ended(site: Site) -> int:
    logs = [site.stack.logs / f"{name}.log" for name in WORKERS]
    return sum(log.read_text(errors="replace").count(ENDED) for log in logs if log.exists())


SCENARIO = Scenario(
    "R10",
    "a task that outlasts its visibility timeout",
    run,
    Needs(
        n_gpu_workers=2,
        detector="stand-in:delay_s=3",
        environment=(("SORTERBOT_VISIBILITY_TIMEOUT_S", "1"),),
    ),
)
