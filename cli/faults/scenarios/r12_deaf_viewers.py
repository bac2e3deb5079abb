"""R12: viewers follow a session and wait for plans, and never read what they are sent."""

from __future__ import annotations

import socket
import time
from collections import Counter
from contextlib import ExitStack
from http import HTTPStatus
from urllib.parse import urlsplit

from cli.faults.plain_robot import PlainRobot
from cli.faults.robots import Robot, Traffic
from cli.faults.scenario import Needs, Scenario
from cli.faults.trial import Trial
from robot.client import SessionRequest

N_VIEWERS = 12
"""More than there are event streams."""

N_WAITERS = 16
"""More than may wait for a plan at once."""

N_PICTURES = 4
ANSWERED_WITHIN_S = 5.0
ENDS_WITHIN_S = 30.0
PLACES_FREE_WITHIN_S = 60.0
RECEIVE_BYTES = 4096
STATUS_BYTES = 12
TELL_MUCH = """
INSERT INTO session_events (session_id, kind, data)
SELECT %s, 'outcomes.saved', json_build_object('outcomes', repeat('-', 4000))
FROM generate_series(1, 1500)
"""
"""Six megabytes: more than any two ends of a connection hold between them."""


def run(trial: Trial) -> None:
    """Let deaf viewers take every place there is, and see that nobody else notices."""
    listener = trial.robot()
    long_told = _open_unwatched(trial, listener)
    trial.site.query(TELL_MUCH, long_told)
    with ExitStack() as held:
        statuses = Counter(
            _turn_deaf(trial, held, listener, f"/sessions/{long_told}/events")
            for _ in range(N_VIEWERS)
        )
        allowed = {HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE}
        trial.expect(
            statuses.keys() <= allowed and statuses[HTTPStatus.OK] > 0,
            f"viewers were answered {dict(statuses)}",
        )
        for _ in range(N_WAITERS):
            _ask(trial, held, listener, f"/sessions/{long_told}/commands?wait=60")
        _work_beside(trial)
        if not trial.is_short:
            _await_free_place(trial, held, listener, f"/sessions/{long_told}/events")


def _open_unwatched(trial: Trial, robot: Robot) -> str:
    """Open a session that stands in no ledger: it is there to be talked of, not to end."""
    key = f"{trial.rng.integers(1 << 62):016x}"
    return robot.client.open_session(SessionRequest(robot.arm.arm_id), key).session_id


def _ask(trial: Trial, held: ExitStack, robot: Robot, path: str) -> socket.socket:
    """Ask for something by a connection of its own, with hardly any room for the answer."""
    parts = urlsplit(trial.site.gateway_url)
    line = held.enter_context(socket.socket())
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
    line.settimeout(trial.patience_s)
    line.connect((parts.hostname, parts.port))
    lines = (f"GET {path} HTTP/1.1", f"Host: {parts.netloc}", f"Authorization: Bearer {robot.key}")
    line.sendall("\r\n".join((*lines, "", "")).encode())
    return line


def _turn_deaf(trial: Trial, held: ExitStack, robot: Robot, path: str) -> int:
    """Read the answer's status and nothing after it, ever; return the status."""
    line = _ask(trial, held, robot, path)
    began = line.recv(STATUS_BYTES, socket.MSG_WAITALL)
    return int(began.split()[1])


def _work_beside(trial: Trial) -> None:
    """Let robots post as ever; their sessions end as if nobody watched."""
    crowd = trial.start_robots(Traffic(2 if trial.is_short else trial.n_sessions))
    with PlainRobot(trial) as robot:
        session = robot.open_session(table=0, n_pictures=N_PICTURES)
        for position_pw in session.positions_pw:
            robot.post_quickly(session, position_pw, ANSWERED_WITHIN_S, "beside deaf viewers")
        robot.complete(session)
    began_s = time.monotonic()
    trial.await_end(session.session_id, began_s, "work beside deaf viewers")
    trial.expect(
        time.monotonic() - began_s <= ENDS_WITHIN_S,
        f"beside deaf viewers a session ended only after {time.monotonic() - began_s:.1f} s",
        session.session_id,
    )
    trial.finish(crowd)


def _await_free_place(trial: Trial, held: ExitStack, robot: Robot, path: str) -> None:
    """See that a viewer who does not read loses the place to one who comes."""
    seconds = trial.wait_until(
        lambda: _turn_deaf(trial, held, robot, path) == HTTPStatus.OK,
        PLACES_FREE_WITHIN_S,
        "a place for another viewer",
    )
    trial.recovered(seconds, "places held by deaf viewers")


SCENARIO = Scenario(
    name="R12",
    title="Viewers follow a session and wait for plans, and never read what they are sent.",
    run=run,
    needs=Needs(has_proxies=True, is_durable=True),
)
