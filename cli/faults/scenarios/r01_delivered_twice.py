"""R1: messages come twice, in copies and repeats, and find something else the second time."""

from __future__ import annotations

from redis import Redis

from cli.faults.messages import (
    await_done_with,
    deliver_again,
    open_queue,
    publish_again,
    waiting_messages,
)
from cli.faults.robots import OpenSession, Robot
from cli.faults.scenario import Needs, Scenario
from cli.faults.site import Site
from cli.faults.stored_bytes import other_bytes
from cli.faults.tables import picture
from cli.faults.trial import Trial
from cli.faults.unchanged import unchanged
from storage.records import ImageRecord, ImageState
from workers.queue import CeleryQueue

WORKERS = ("gpu-worker", "gpu-worker-2")
IDLE_WITHIN_S = 60.0


def run(trial: Trial) -> None:
    """Let every kind of repeat come, in a session of its own each time."""
    robot = trial.robot()
    with open_queue(trial.site) as queue, trial.site.redis_client() as client:
        for number in range(1 if trial.is_short else 4):
            _deliver_copies(trial, robot, client, queue, table=2 * number)
            _read_another_picture_the_second_time(trial, robot, client, queue, table=2 * number + 1)


def _deliver_copies(
    trial: Trial, robot: Robot, client: Redis, queue: CeleryQueue, table: int
) -> None:
    """Have a copy of each message taken beside it, and everything once more after the end."""
    site = trial.site
    session = robot.open_session(table, n_pictures=6)
    pids = [pid for name in WORKERS for pid in site.pause(name)]
    _post_all(robot, session)
    copies = waiting_messages(client, session.session_id)
    trial.expect(bool(copies), "no message waited to be copied", session.session_id)
    deliver_again(client, copies)
    site.resume(pids)
    robot.complete(session)
    trial.await_end(session.session_id)
    images = site.store.load_images(session.session_id)
    trial.expect(
        all(image.attempt == 1 for image in images),
        f"copies of messages made attempts of their own: {[image.attempt for image in images]}",
        session.session_id,
    )
    with unchanged(trial, session.session_id, "repeated messages after its end"):
        for _ in range(2):
            publish_again(queue, images)
        await_done_with(trial, client, session.session_id)


def _read_another_picture_the_second_time(
    trial: Trial, robot: Robot, client: Redis, queue: CeleryQueue, table: int
) -> None:
    """Repeat members of the chord when what they would read now is another picture."""
    site = trial.site
    session = robot.open_session(table)
    _post_all(robot, session)
    trial.wait_until(
        lambda: all(image.state is ImageState.DETECTED for image in _images(site, session)),
        IDLE_WITHIN_S,
        "a reading of every picture",
    )
    images = _images(site, session)
    with (
        unchanged(trial, session.session_id, "a member that came twice, with another result"),
        other_bytes(site, images[0], picture(table + 1, session.positions_pw[0])),
    ):
        for _ in range(3):
            queue.publish_image(session.session_id, images[0].image_id, 0, None)
        await_done_with(trial, client, session.session_id)
    robot.complete(session)
    trial.await_end(session.session_id)


def _images(site: Site, session: OpenSession) -> list[ImageRecord]:
    return site.store.load_images(session.session_id)


def _post_all(robot: Robot, session: OpenSession) -> None:
    for position_pw in session.positions_pw:
        robot.post(session, position_pw)


SCENARIO = Scenario(
    "R1",
    "a message delivered twice, and a chord member twice with a different result",
    run,
    Needs(n_gpu_workers=2, detector="stand-in:delay_s=0.3"),
)
