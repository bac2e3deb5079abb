"""Robots that photograph drawn tables and write down in the ledger what they are promised."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

import numpy as np

from cli.faults.ledger import Ledger, Offer, Receipt
from cli.faults.tables import POSITIONS_PW, arm_named, picture
from robot.answers import AcceptedImage
from robot.client import GatewayClient, SessionRequest, connect
from robot.retrying import Patience
from sorter.errors import SorterBotError
from vision.stand_in import Mark

PATIENCE = Patience(total_s=180.0, longest_pause_s=2.0)
DEADLINE_S = 120.0
GAMMA_SHAPE = 0.5
"""Below 1 pictures come in bursts with lulls between, as those of several robots do."""


class Gateway(Protocol):
    """Where robots send their pictures, and who makes their keys."""

    @property
    def gateway_url(self) -> str:
        """The gateway's address."""
        ...

    def make_key(self, arm_id: str) -> str:
        """Make a bearer key for an arm, registered if it is not."""
        ...


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session as its robot holds it: which table it is of, and how many pictures it takes."""

    session_id: str
    table: int
    n_pictures: int

    @property
    def positions_pw(self) -> tuple[float, ...]:
        """Where its pictures are taken, in order."""
        return POSITIONS_PW[: self.n_pictures]


class Robot:
    """One arm and its client, which tries again as a real robot's does.

    Every call that is an offer or brings a receipt stands in the ledger before it returns.
    """

    def __init__(self, gateway: Gateway, ledger: Ledger, arm_id: str, rng: Random) -> None:
        self.arm = arm_named(arm_id)
        self.key = gateway.make_key(arm_id)
        self.client: GatewayClient = connect(
            gateway.gateway_url, self.key, rng=rng, patience=PATIENCE
        )
        self._ledger = ledger
        self._rng = rng
        self._opened: list[str] = []
        self.client.register_arm(self.arm)

    def open_session(
        self,
        table: int,
        n_pictures: int = 4,
        *,
        announces: bool = False,
        deadline_s: float = DEADLINE_S,
    ) -> OpenSession:
        """Open a session of the table of that number.

        Args:
            announces: Whether it says how many pictures will come, so that the last one seals.
        """
        request = SessionRequest(
            self.arm.arm_id, n_pictures if announces else None, deadline_s=deadline_s
        )
        opened = self.client.open_session(request, f"{self._rng.getrandbits(128):032x}")
        self._ledger.note_session(opened.session_id, self.arm, deadline_s)
        self._opened.append(opened.session_id)
        return OpenSession(opened.session_id, table, n_pictures)

    def post(
        self, session: OpenSession, position_pw: float, mark: Mark | None = None
    ) -> AcceptedImage:
        """Post the picture of one position; a marked one is to be declared in the ledger before."""
        return self.post_bytes(
            session.session_id, position_pw, picture(session.table, position_pw, mark)
        )

    def post_bytes(self, session_id: str, position_pw: float, data: bytes) -> AcceptedImage:
        """Post any bytes as the picture of a position."""
        sha256 = hashlib.sha256(data).hexdigest()
        self._ledger.note_offer(Offer(session_id, position_pw, sha256))
        receipt = self.client.post_image(session_id, position_pw, data)
        self._ledger.note_receipt(Receipt(session_id, position_pw, sha256, receipt.image_id))
        return receipt

    def complete(self, session: OpenSession) -> None:
        """Say that no more pictures come."""
        self.client.complete_session(session.session_id)

    def complete_all(self) -> None:
        """Complete every session that was opened, once more where it was; never mind refusals."""
        for session_id in self._opened:
            with suppress(SorterBotError):
                self.client.complete_session(session_id)

    def await_plan(self, session: OpenSession, within_s: float = DEADLINE_S) -> dict[str, Any]:
        """Wait for the plan, as the robot does."""
        return self.client.await_plan(session.session_id, within_s=within_s, wait_s=5.0)

    def run_session(
        self,
        table: int,
        n_pictures: int = 4,
        *,
        announces: bool = False,
        pause: Callable[[], object] = lambda: None,
    ) -> OpenSession:
        """Open, post every picture with pauses between, and complete; do not wait for the plan."""
        session = self.open_session(table, n_pictures, announces=announces)
        for position_pw in session.positions_pw:
            pause()
            self.post(session, position_pw)
        if not announces:
            self.complete(session)
        return session

    def close(self) -> None:
        """Hang up."""
        self.client.close()


@dataclass(frozen=True, slots=True)
class Traffic:
    """How a crowd of robots works.

    Attributes:
        gap_s: The mean pause before a picture, gamma distributed.
        n_tables: How many different tables there are; robots draw one for each session.
    """

    n_sessions: int
    n_robots: int = 4
    n_pictures: int = 4
    gap_s: float = 0.1
    n_tables: int = 6


class Crowd:
    """Robots that run their sessions on threads of their own, from :meth:`start` on."""

    def __init__(self, robots: Sequence[Robot], traffic: Traffic, rng: np.random.Generator) -> None:
        self._robots = robots
        self._traffic = traffic
        self._rngs = rng.spawn(len(robots))
        self._pool = ThreadPoolExecutor(len(robots), thread_name_prefix="robot")
        self._jobs: list[Future[None]] = []
        self._lock = threading.Lock()
        self._sessions: list[OpenSession] = []

    def start(self) -> None:
        """Let every robot begin; the sessions are dealt out evenly."""
        n_each, n_more = divmod(self._traffic.n_sessions, len(self._robots))
        for number, (robot, rng) in enumerate(zip(self._robots, self._rngs, strict=True)):
            n = n_each + (number < n_more)
            self._jobs.append(self._pool.submit(self._run, robot, n, rng))
        self._pool.shutdown(wait=False)

    @property
    def sessions(self) -> list[OpenSession]:
        """The sessions that have been completed so far."""
        with self._lock:
            return list(self._sessions)

    @property
    def is_done(self) -> bool:
        """Whether every robot has posted all its pictures, or given up."""
        return all(job.done() for job in self._jobs)

    def join(self, within_s: float = 300.0) -> list[str]:
        """Wait until every robot has posted all; return a sentence for each that could not.

        Raises:
            TimeoutError: A robot still works.
        """
        complaints = []
        for job in self._jobs:
            try:
                job.result(timeout=within_s)
            except SorterBotError as error:
                complaints.append(f"a robot gave up: {error}")
        return complaints

    def _run(self, robot: Robot, n: int, rng: np.random.Generator) -> None:
        nap = threading.Event()

        def pause() -> None:
            mean_s = self._traffic.gap_s
            nap.wait(float(rng.gamma(GAMMA_SHAPE, mean_s / GAMMA_SHAPE)))

        for _ in range(n):
            table, announces = int(rng.integers(self._traffic.n_tables)), bool(rng.integers(2))
            session = robot.run_session(
                table, self._traffic.n_pictures, announces=announces, pause=pause
            )
            with self._lock:
                self._sessions.append(session)
