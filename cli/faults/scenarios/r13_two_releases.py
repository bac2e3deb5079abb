"""R13: messages of the release before and of the next one wait on one queue."""

from __future__ import annotations

import time

from redis import Redis

from cli.faults.extra_worker import extra_worker
from cli.faults.messages import await_done_with, open_queue, take_away, waiting_messages
from cli.faults.robots import OpenSession, Robot
from cli.faults.scenario import Needs, Scenario
from cli.faults.trial import Trial
from storage.records import ImageRecord, ImageState, SessionState
from workers.settings import MESSAGE_VERSION

WORKERS = ("gpu-worker", "gpu-worker-2")
WATCHED_S = 2.0
"""A chord that counted too much would have fired some milliseconds after the last member."""


def run(trial: Trial) -> None:
    """Let this release's workers meet both, and a worker of the next release come late."""
    robot = trial.robot()
    with trial.site.redis_client() as client:
        for number in range(1 if trial.is_short else 2):
            session = _post_as_two_releases(trial, robot, client, table=number)
            robot.complete(session)
            _expect_only_the_old_ones_are_read(trial, session)
            joined_s = time.monotonic()
            with extra_worker(trial.site, "gpu", "cli.faults.next_release"):
                trial.await_end(session.session_id, joined_s, "messages of the next release")
                await_done_with(trial, client, session.session_id)


def _post_as_two_releases(trial: Trial, robot: Robot, client: Redis, table: int) -> OpenSession:
    """Post pictures; let the queue hold an old message for each even one, a new for each odd."""
    site = trial.site
    pids = [pid for name in WORKERS for pid in site.pause(name)]
    robot.run_session(table)  # whoever stands still takes at most one message each, of these
    session = robot.open_session(table, n_pictures=6)
    for position_pw in session.positions_pw:
        robot.post(session, position_pw)
    take_away(client, waiting_messages(client, session.session_id))
    for parity, version in ((0, MESSAGE_VERSION - 1), (1, MESSAGE_VERSION + 1)):
        with open_queue(site, version) as queue:
            for image in _images(trial, session, parity):
                queue.publish_image(image.session_id, image.image_id, image.index, None)
    site.resume(pids)
    return session


def _expect_only_the_old_ones_are_read(trial: Trial, session: OpenSession) -> None:
    trial.wait_until(
        lambda: all(image.state is ImageState.DETECTED for image in _images(trial, session, 0)),
        60,
        "a reading of what the release before published",
    )
    time.sleep(WATCHED_S)
    later = _images(trial, session, 1)
    trial.expect(
        all((image.state, image.attempt) == (ImageState.RECEIVED, 0) for image in later),
        f"what the next release published was touched: {[image.state for image in later]}",
        session.session_id,
    )
    state = trial.site.store.load_session(session.session_id).state
    trial.expect(
        state is SessionState.SEALED,
        f"it is {state} while messages of the next release wait",
        session.session_id,
    )


def _images(trial: Trial, session: OpenSession, parity: int) -> list[ImageRecord]:
    images = trial.site.store.load_images(session.session_id)
    return [image for image in images if image.index % 2 == parity]


SCENARIO = Scenario(
    "R13",
    "messages of the release before and of the next one on one queue",
    run,
    Needs(n_gpu_workers=2, detector="stand-in:delay_s=0.3"),
)
