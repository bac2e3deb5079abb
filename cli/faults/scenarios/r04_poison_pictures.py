"""R4: pictures that kill or fail whoever reads them, until they are set apart."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from cli.faults.robots import OpenSession, Robot, Traffic
from cli.faults.scenario import Needs, Scenario
from cli.faults.site import Site
from cli.faults.stored_bytes import other_bytes
from cli.faults.tables import picture
from cli.faults.trial import Trial
from storage.records import ImageState, QuarantinedImage
from vision.stand_in import Mark

WORKERS = ("gpu-worker", "gpu-worker-2")
N_PICTURES = 6
MAX_ATTEMPTS = 3


def run(trial: Trial) -> None:
    """Poison some sessions beside healthy ones; look at what was set apart, and decide on it."""
    crowd = trial.start_robots(Traffic(2 if trial.is_short else trial.n_sessions))
    robot = trial.robot()
    marks = [Mark.KILLS, Mark.RAISES] * (1 if trial.is_short else 2)
    poisoned = [(mark, _poison(trial, robot, mark, n)) for n, mark in enumerate(marks)]
    for mark, session in poisoned:
        found = _await_quarantine(trial, session, f"a picture that {mark.name.lower()}")
        _expect_that_it_says_why(trial, mark, found)
    if not trial.is_short:
        _refuse_to_replay_and_drop(trial, found)
    _replay(trial, robot, table=4)
    trial.finish(crowd)


def _poison(trial: Trial, robot: Robot, mark: Mark, table: int) -> OpenSession:
    """Post a session with one marked picture."""
    session = robot.open_session(table, N_PICTURES)
    marked_pw = float(trial.rng.choice(session.positions_pw))
    trial.ledger.declare_failing(session.session_id, marked_pw)
    for position_pw in session.positions_pw:
        robot.post(session, position_pw, mark if position_pw == marked_pw else None)
    robot.complete(session)
    return session


def _await_quarantine(trial: Trial, session: OpenSession, what: str) -> QuarantinedImage:
    """Wait for the session's end; return how its marked picture was set apart."""
    trial.await_end(session.session_id, what=what)
    (found,) = _quarantined(trial.site, session)
    trial.expect(
        found.image.attempt == MAX_ATTEMPTS,
        f"it was quarantined after {found.image.attempt} attempts",
        session.session_id,
    )
    return found


def _expect_that_it_says_why(trial: Trial, mark: Mark, found: QuarantinedImage) -> None:
    if mark is Mark.KILLS:
        is_said = len(set(found.worker_ids)) == MAX_ATTEMPTS and found.last_error is None
    else:
        is_said = "marked to fail" in (found.last_error or "")
    trial.expect(
        is_said,
        f"a picture that {mark.name.lower()} is kept with {found.worker_ids}, {found.last_error}",
        found.image.session_id,
    )


def _refuse_to_replay_and_drop(trial: Trial, found: QuarantinedImage) -> None:
    """A session that is over takes nothing anew; the picture leaves the list when it is told to."""
    site, image_id = trial.site, found.image.image_id
    status, said = _command(site, "replay", image_id)
    trial.expect(status == 1 and "sorted once" in said, f"replay says {status}: {said}")
    shown = json.loads(_command(site, "show", image_id, "--json")[1])
    lies_at = (site.folder / "images" / found.image.key).as_uri()
    trial.expect(shown["bytes_at"] == lies_at, f"its bytes lie at {shown['bytes_at']}")
    _command(site, "drop", image_id)
    trial.expect(image_id not in _listed(site), "a dropped picture is still listed")


def _replay(trial: Trial, robot: Robot, table: int) -> None:
    """Poison a picture by its bytes, mend them, and let it begin anew: its session is whole."""
    site = trial.site
    session = robot.open_session(table)
    pids = [pid for name in WORKERS for pid in site.pause(name)]
    for position_pw in session.positions_pw:
        robot.post(session, position_pw)
    image = site.store.load_images(session.session_id)[0]
    with other_bytes(site, image, picture(table, image.position_pw, Mark.RAISES)):
        site.resume(pids)
        trial.wait_until(lambda: bool(_quarantined(site, session)), 60, "a quarantined picture")
    status, said = _command(site, "replay", image.image_id)
    trial.expect(status == 0, f"replay says {status}: {said}", session.session_id)
    robot.complete(session)
    trial.await_end(session.session_id, what="a replayed picture")
    again = site.store.load_images(session.session_id)[0]
    trial.expect(
        (again.state, again.attempt) == (ImageState.DETECTED, 1),
        f"a replayed picture is {again.state} after {again.attempt} attempts",
        session.session_id,
    )


def _quarantined(site: Site, session: OpenSession) -> list[QuarantinedImage]:
    of_all = site.store.load_quarantine()
    return [one for one in of_all if one.image.session_id == session.session_id]


def _listed(site: Site) -> list[str]:
    documents: list[dict[str, Any]] = json.loads(_command(site, "list", "--json")[1])
    return [document["image_id"] for document in documents]


def _command(site: Site, *words: str) -> tuple[int, str]:
    """Run ``sorterbot quarantine`` as a person would; return its exit status and what it said."""
    argv = (sys.executable, "-m", "cli.main", "quarantine", *words, f"--folder={site.folder}")
    ended = subprocess.run(argv, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout + ended.stderr


SCENARIO = Scenario(
    "R4",
    "pictures that kill or fail whoever reads them",
    run,
    Needs(n_gpu_workers=2, detector="stand-in:delay_s=0.3"),
)
