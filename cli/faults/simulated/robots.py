"""Robots as actors: each runs one session as a real one would, and writes down its receipts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cli.faults.ledger import Ledger, Offer, Receipt
from cli.faults.robots import GAMMA_SHAPE
from cli.faults.simulated.turns import Turns
from cli.faults.tables import POSITIONS_PW, arm_named, picture
from robot.client import GatewayClient, SessionRequest
from robot.errors import GatewayAwayError, GatewayRefusedError
from vision.stand_in import Mark

MEAN_GAP_S = 0.3
MARKED = 0.1
"""Share of sessions in which one picture does harm to whoever reads it."""

UNSEALED = 0.1
"""Share of sessions that nobody completes; the sweeper seals them at their deadline."""

SHORT_DEADLINE_S = 20.0

SESSION_FAILED = "urn:sorterbot:problem:session-failed"


@dataclass(frozen=True, slots=True)
class Errand:
    """What one robot is to do.

    Attributes:
        table: Which table it photographs.
        marked_pw: Where the picture is taken that does harm; None for nowhere.
        announces: Whether it says how many pictures come.
        completes: Whether it says when all have come, in case it did not announce them.
        repeats: Whether it sends everything twice.
    """

    table: int
    positions_pw: tuple[float, ...]
    marked_pw: float | None
    mark: Mark
    announces: bool
    completes: bool
    repeats: bool
    deadline_s: float


def draw_errand(rng: np.random.Generator, n_tables: int = 3) -> Errand:
    """Return what the dice send a robot to do."""
    positions_pw = tuple(float(pw) for pw in rng.permutation(POSITIONS_PW[: rng.integers(2, 5)]))
    is_unsealed = rng.random() < UNSEALED  # the deadline may refuse its last: none is marked
    is_marked = not is_unsealed and rng.random() < MARKED
    return Errand(
        table=int(rng.integers(n_tables)),
        positions_pw=positions_pw,
        marked_pw=float(rng.choice(positions_pw)) if is_marked else None,
        mark=Mark.KILLS if rng.random() < 0.5 else Mark.RAISES,
        announces=not is_unsealed and bool(rng.integers(2)),
        completes=not is_unsealed,
        repeats=bool(rng.integers(2)),
        deadline_s=SHORT_DEADLINE_S if is_unsealed else 600.0,
    )


class Robot:
    """One arm on one errand.

    Attributes:
        session_id: Empty until the session is open.
        completed_at_s: When it had said, and heard, that no more pictures come.
        refusals: What the gateway refused that it should not have.
        is_done: Whether it has nothing left to do.
    """

    def __init__(
        self,
        client: GatewayClient,
        ledger: Ledger,
        errand: Errand,
        arm_id: str,
        turns: Turns,
        rng: np.random.Generator,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._errand = errand
        self._arm = arm_named(arm_id)
        self._turns = turns
        self._rng = rng
        self.session_id = ""
        self.completed_at_s = 0.0
        self.refusals: list[str] = []
        self.is_done = False

    def run(self) -> None:
        """Go on the errand, from registering the arm to the last outcome."""
        try:
            self._open()
            for work in (self._post_all, self._complete, self._await_end):
                self._unless_refused(work)
        except GatewayAwayError as error:
            self.refusals.append(str(error))
        self.is_done = True

    def _open(self) -> None:
        errand = self._errand
        self._client.register_arm(self._arm)
        wanted = SessionRequest(
            self._arm.arm_id,
            len(errand.positions_pw) if errand.announces else None,
            deadline_s=errand.deadline_s,
        )
        key = f"{self._rng.integers(1 << 62):016x}"
        self.session_id = self._client.open_session(wanted, key).session_id
        self._ledger.note_session(self.session_id, self._arm, errand.deadline_s)
        if errand.marked_pw is not None:
            self._ledger.declare_failing(self.session_id, errand.marked_pw)

    def _post_all(self) -> None:
        for position_pw in self._errand.positions_pw:
            self._nap()
            self._post(position_pw)
        if self._errand.repeats:
            for position_pw in self._rng.permutation(self._errand.positions_pw):
                self._post(float(position_pw))

    def _post(self, position_pw: float) -> None:
        errand = self._errand
        mark = errand.mark if position_pw == errand.marked_pw else None
        data = picture(errand.table, position_pw, mark)
        sha256 = hashlib.sha256(data).hexdigest()
        self._ledger.note_offer(Offer(self.session_id, position_pw, sha256))
        accepted = self._client.post_image(self.session_id, position_pw, data)
        receipt = Receipt(self.session_id, position_pw, sha256, accepted.image_id)
        self._ledger.note_receipt(receipt)

    def _complete(self) -> None:
        if self._errand.completes:
            for _ in range(2 if self._errand.repeats else 1):
                self._client.complete_session(self.session_id)
        self.completed_at_s = self._turns.now_s

    def _await_end(self) -> None:
        plan = self._client.await_plan(self.session_id, within_s=3600.0, wait_s=10.0)
        outcomes = [{"command": one["order"], "result": "picked"} for one in plan["commands"]]
        if outcomes:
            self._client.report_outcomes(self.session_id, outcomes)

    def _nap(self) -> None:
        self._turns.sleep(float(self._rng.gamma(GAMMA_SHAPE, MEAN_GAP_S / GAMMA_SHAPE)))

    def _unless_refused(self, work: Callable[[], None]) -> None:
        """Do something; keep a refusal that neither the session's end nor its deadline explains."""
        try:
            work()
        except GatewayRefusedError as error:
            if error.kind != SESSION_FAILED and self._errand.completes:
                self.refusals.append(str(error))
