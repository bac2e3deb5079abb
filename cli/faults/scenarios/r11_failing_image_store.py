"""R11: an image store that is gone, full, read-only or silent, or that keeps and does not tell."""

from __future__ import annotations

import hashlib
import os
import resource
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from http import HTTPStatus

import httpx

from cli.faults.bucket import ACCESS, FaultyBucket, Mood
from cli.faults.ledger import Offer
from cli.faults.robots import OpenSession, Robot, Traffic
from cli.faults.scenario import Scenario
from cli.faults.site import Site
from cli.faults.tables import picture
from cli.faults.trial import Trial

BUCKET_TIMEOUT_S = 2.0
ANSWER_WITHIN_S = 60.0
N_PICTURES = 4
SHORT_MOODS = (Mood.FULL, Mood.SILENT, Mood.FORGETFUL)
NO_ROOM = HTTPStatus.INSUFFICIENT_STORAGE
NOT_NOW = HTTPStatus.SERVICE_UNAVAILABLE


def run(trial: Trial) -> None:
    """Let the folder fail, then a bucket in its place, while other robots go on posting."""
    site, robot = trial.site, trial.robot()
    crowd = trial.start_robots(Traffic(2 if trial.is_short else trial.n_sessions))
    _try(trial, robot, "the folder was gone", _gone(site), NOT_NOW)
    _try(trial, robot, "the folder had no room", _no_room(site), NO_ROOM)
    if os.geteuid() != 0:  # root may write wherever it likes
        _try(trial, robot, "the folder was read-only", _read_only(site), NOT_NOW)
    with FaultyBucket(site.folder / "images") as bucket:
        address = {"SORTERBOT_IMAGE_STORE": bucket.url(BUCKET_TIMEOUT_S)}
        site.restart("gateway", {**address, **ACCESS})
        for mood in SHORT_MOODS if trial.is_short else Mood:
            if mood is not Mood.WORKS:
                expected = NO_ROOM if mood is Mood.FULL else NOT_NOW
                _try(trial, robot, f"the bucket was {mood.name}", _moody(bucket, mood), expected)
        trial.finish(crowd)  # who settles the site gives the gateway its folder back


def _try(
    trial: Trial,
    robot: Robot,
    what: str,
    fault: AbstractContextManager[None],
    expected: HTTPStatus,
) -> None:
    """Post during the fault and after it; nothing may be taken whose bytes are not kept."""
    table = int(trial.rng.integers(6))
    session = robot.open_session(table, N_PICTURES)
    first_pw, second_pw, *others_pw = session.positions_pw
    robot.post(session, first_pw)
    with fault:
        answer = _offer(trial, robot, session, second_pw)
        is_honest = answer.status_code == expected
        said = f"while {what} a picture was answered with {answer.status_code}"
        trial.expect(is_honest, said, session.session_id)
        _expect_the_rest_works(trial, robot, session, what)
    for position_pw in (second_pw, *others_pw):
        robot.post(session, position_pw)
    robot.complete(session)
    trial.await_end(session.session_id, what=what)


def _offer(trial: Trial, robot: Robot, session: OpenSession, position_pw: float) -> httpx.Response:
    """Post a picture once, as no robot with patience would."""
    data = picture(session.table, position_pw)
    sha256 = hashlib.sha256(data).hexdigest()
    trial.ledger.note_offer(Offer(session.session_id, position_pw, sha256))
    return httpx.post(
        f"{trial.site.gateway_url}/sessions/{session.session_id}/images/{position_pw:g}",
        content=data,
        headers={"Authorization": f"Bearer {robot.key}"},
        timeout=ANSWER_WITHIN_S,
    )


def _expect_the_rest_works(trial: Trial, robot: Robot, session: OpenSession, what: str) -> None:
    status = robot.client.load_session(session.session_id)
    trial.expect(
        status.n_images == 1,
        f"while {what} {status.n_images - 1} pictures were taken in",
        session.session_id,
    )
    ready = httpx.get(f"{trial.site.gateway_url}/readyz", timeout=ANSWER_WITHIN_S)
    trial.expect(
        ready.status_code == NOT_NOW and ready.json()["image_store"] == "down",
        f"while {what} the gateway called itself ready: {ready.text}",
    )


@contextmanager
def _gone(site: Site) -> Iterator[None]:
    """Take the folder away from gateway and workers, as a volume that is unmounted."""
    folder, elsewhere = site.folder / "images", site.folder / "images elsewhere"
    folder.rename(elsewhere)
    try:
        yield
    finally:
        elsewhere.rename(folder)


@contextmanager
def _no_room(site: Site) -> Iterator[None]:
    """Let the gateway's processes write no byte to any file: the same for root and for others."""
    pids = [site.pid("gateway"), *site.child_pids("gateway")]
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in pids}
    for pid, (_, hard) in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        for pid, limits in before.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


@contextmanager
def _read_only(site: Site) -> Iterator[None]:
    """Let nobody but root write into the folder and its folders."""
    images = site.folder / "images"
    folders = [images, *(path for path in images.iterdir() if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        yield
    finally:
        for folder in folders:
            folder.chmod(0o755)


@contextmanager
def _moody(bucket: FaultyBucket, mood: Mood) -> Iterator[None]:
    bucket.mood = mood
    try:
        yield
    finally:
        bucket.mood = Mood.WORKS


SCENARIO = Scenario(
    "R11",
    "an image store that is gone, full, read-only or silent, or that keeps and does not tell",
    run,
)
