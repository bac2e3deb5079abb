"""R8: a robot that repeats everything, in any order, from two hosts at once, and after the end."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from random import Random
from typing import TypeVar

from cli.faults.ledger import Offer, Receipt
from cli.faults.robots import DEADLINE_S, OpenSession, Robot
from cli.faults.scenario import Scenario
from cli.faults.tables import picture
from cli.faults.trial import Trial
from cli.faults.unchanged import unchanged
from robot.client import GatewayClient, SessionRequest, connect
from robot.errors import GatewayRefusedError
from robot.retrying import Patience

N_TIMES = 3
N_PICTURES = 5
N_TABLES = 6
PATIENCE = Patience(total_s=60.0)

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class _Hosts:
    """One arm that speaks from two places at once, each with connections and dice of its own."""

    trial: Trial
    robot: Robot
    clients: tuple[GatewayClient, GatewayClient]

    def both(self, call: Callable[[GatewayClient], Answer]) -> list[Answer]:
        """Let both make a call at the same time; return both answers."""
        with ThreadPoolExecutor(len(self.clients)) as pool:
            return list(pool.map(call, self.clients))

    def open_session(self, table: int) -> OpenSession:
        """Open one session from both."""
        request = SessionRequest(self.robot.arm.arm_id, deadline_s=DEADLINE_S)
        key = f"{self.trial.rng.integers(1 << 62):016x}"
        opened = self.both(lambda client: client.open_session(request, key).session_id)
        self.trial.expect(len(set(opened)) == 1, f"one key opened two sessions: {opened}")
        self.trial.ledger.note_session(opened[0], self.robot.arm, DEADLINE_S)
        return OpenSession(opened[0], table, N_PICTURES)

    def post_all(self, session: OpenSession, positions_pw: Sequence[float]) -> None:
        """Post every picture from both, three times each, in two orders."""
        seeds = [int(seed) for seed in self.trial.rng.integers(1 << 30, size=len(self.clients))]

        def post(client: GatewayClient) -> None:
            order = list(positions_pw) * N_TIMES
            Random(seeds[self.clients.index(client)]).shuffle(order)
            for position_pw in order:
                self._post(client, session, position_pw)

        self.both(post)

    def _post(self, client: GatewayClient, session: OpenSession, position_pw: float) -> None:
        data = picture(session.table, position_pw)
        sha256 = hashlib.sha256(data).hexdigest()
        self.trial.ledger.note_offer(Offer(session.session_id, position_pw, sha256))
        image_id = client.post_image(session.session_id, position_pw, data).image_id
        self.trial.ledger.note_receipt(Receipt(session.session_id, position_pw, sha256, image_id))

    def expect_conflict(self, session: OpenSession, position_pw: float, data: bytes) -> None:
        """Post what must be refused with 409, from both."""

        def status(client: GatewayClient) -> int:
            try:
                client.post_image(session.session_id, position_pw, data)
            except GatewayRefusedError as error:
                return error.status
            return HTTPStatus.ACCEPTED

        statuses = self.both(status)
        self.trial.expect(
            set(statuses) == {HTTPStatus.CONFLICT},
            f"a picture that comes too late, or in another's place, got {statuses}",
            session.session_id,
        )


def run(trial: Trial) -> None:
    """Let each session come as from a robot that never hears an answer."""
    robot = trial.robot()
    rng = Random(int(trial.rng.integers(1 << 30)))
    twin = connect(trial.site.gateway_url, robot.key, rng=rng, patience=PATIENCE)
    hosts = _Hosts(trial, robot, (robot.client, twin))
    try:
        for number in range(2 if trial.is_short else min(trial.n_sessions, 8)):
            _run_session(trial, hosts, table=number % N_TABLES)
    finally:
        twin.close()


def _run_session(trial: Trial, hosts: _Hosts, table: int) -> None:
    session = hosts.open_session(table)
    session_id = session.session_id
    *positions_pw, late_pw = session.positions_pw
    hosts.post_all(session, positions_pw)
    _complete(trial, hosts, session, len(positions_pw))
    hosts.expect_conflict(session, late_pw, picture(table, late_pw))
    hosts.post_all(session, positions_pw)
    trial.wait_until(lambda: trial.has_ended(session_id), trial.patience_s, "the session's end")
    plans = hosts.both(lambda client: client.await_plan(session_id, within_s=DEADLINE_S))
    trial.expect(json.dumps(plans[0]) == json.dumps(plans[1]), "it has two plans", session_id)
    with unchanged(trial, session_id, "what was said again after its end"):
        hosts.post_all(session, positions_pw)
        _complete(trial, hosts, session, len(positions_pw))
        hosts.expect_conflict(session, late_pw, picture(table, late_pw))
        another = picture(table + N_TABLES, positions_pw[0])
        hosts.expect_conflict(session, positions_pw[0], another)


def _complete(trial: Trial, hosts: _Hosts, session: OpenSession, n_images: int) -> None:
    completed = hosts.both(lambda client: client.complete_session(session.session_id))
    trial.expect(
        [status.n_images for status in completed] == [n_images] * 2,
        f"completed twice with {n_images} pictures, and was told {completed}",
        session.session_id,
    )


SCENARIO = Scenario(
    "R8",
    "everything said three times, reordered, from two hosts at once, and again after the end",
    run,
)
