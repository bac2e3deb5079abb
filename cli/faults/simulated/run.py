"""One seed's run, from robots that know nothing yet to rows that are compared with the ledger."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Self

import numpy as np
import structlog
from structlog.typing import EventDict

from api.context import Services as GatewayServices
from cli.faults.checker import check_ledger
from cli.faults.findings import Finding, Harm
from cli.faults.ledger import Ledger
from cli.faults.reference import Reference, StandInReference
from cli.faults.simulated.broker import Broker, BrokerOdds
from cli.faults.simulated.database import Moment, VirtualDatabase
from cli.faults.simulated.excuses import declare_excused
from cli.faults.simulated.gateways import BreakingLine, Gateways, connect
from cli.faults.simulated.odds import Dice, Odds, draw_odds
from cli.faults.simulated.robots import Robot, draw_errand
from cli.faults.simulated.turns import ActorError, Turns
from cli.faults.simulated.workers import Surroundings, Sweeper, Tasks, Worker
from cli.faults.unreliable_store import unreliable_images, unreliable_store
from cli.keyring import make_key_for
from cli.services.postgres import PostgresServer
from storage.image_folder import ImageFolder
from storage.ports import ImageStore, Store
from storage.rules import CLAIM_LEASE_S
from workers.settings import GPU_QUEUE, SORT_QUEUE

LIMIT_S = 4000.0
"""Of virtual time: beyond every deadline, grace, lease and visibility timeout together."""

LATE_S = CLAIM_LEASE_S / 2
"""From a session's sealing to its end: nobody may have to wait until a claim's lease runs out."""

QUIET_S = 5.0
"""How long a run goes on when robots and workers are done and the broker holds nothing."""

N_ROBOTS = 2
WORKERS = (
    ("gpu-1", GPU_QUEUE),
    ("gpu-2", GPU_QUEUE),
    ("sort-1", SORT_QUEUE),
    ("sort-2", SORT_QUEUE),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one seed.

    Attributes:
        findings: Every broken promise.
        n_attempted: Different pictures that robots set out to post.
        n_accepted: Those that a gateway said it has kept.
        calls: Of stores and broker, by method.
        errors: Those of them that the dice failed, or took the answer of.
        n_deaths: Of workers and gateways.
        slowest_s: From the sealing of a session until its end, in virtual time.
    """

    seed: int
    findings: tuple[Finding, ...]
    n_attempted: int
    n_accepted: int
    calls: Counter[str]
    errors: Counter[str]
    n_deaths: int
    slowest_s: float


class Simulation:
    """Runs seeds one after the other, each in an emptied database; a context manager."""

    def __init__(self, server: PostgresServer, name: str = "simulated") -> None:
        self._database = VirtualDatabase(server, name)
        self._gateways = Gateways()
        self._tasks = Tasks()
        self._reference = StandInReference()
        self._held = ExitStack()

    def __enter__(self) -> Self:
        self._held.enter_context(_silence())
        self._held.callback(self._database.close)
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def run(
        self,
        seed: int,
        odds: Odds | None = None,
        *,
        has_sweeper: bool = True,
        limit_s: float = LIMIT_S,
    ) -> Outcome:
        """Return what comes of a seed; the same seed comes to the same.

        Args:
            odds: What it has to bear, where not the seed is to say.
            limit_s: Of virtual time: what has not ended by then does not end.
        """
        rng = np.random.default_rng(seed)
        drawn = draw_odds(rng)
        with tempfile.TemporaryDirectory(prefix="sorterbot-simulated-") as folder:
            run = _Run(self._database, Path(folder), rng, odds or drawn, limit_s)
            run.populate(self._gateways, self._tasks, has_sweeper=has_sweeper)
            return run.finish(seed, self._reference)


class _Run:
    """Everything that one seed needs, from its dice to its robots."""

    def __init__(
        self,
        database: VirtualDatabase,
        folder: Path,
        rng: np.random.Generator,
        odds: Odds,
        limit_s: float,
    ) -> None:
        self._limit_s = limit_s
        self._odds = odds
        self._rng = rng
        self._turns = Turns(rng.spawn(1)[0])
        moment = Moment(lambda: self._turns.now_s, self._turns.pause)
        self._truth: Store = database.open(moment, self._make_id)
        self._images: ImageStore = ImageFolder(folder)
        self._dice = Dice(self._turns, rng.spawn(1)[0], odds)
        self._broker = Broker(
            lambda: self._turns.now_s,
            rng.spawn(1)[0],
            self._dice,
            BrokerOdds(odds.lost, odds.twice),
        )
        self._around = Surroundings(
            self._turns,
            rng.spawn(1)[0],
            odds,
            self._broker,
            unreliable_store(self._truth, self._dice),
            unreliable_images(self._images, self._dice),
        )
        self._ledger = Ledger()
        self._broken: list[str] = []
        self._robots: list[Robot] = []
        self._lines: list[BreakingLine] = []
        self._workers: list[Worker] = []

    def populate(self, gateways: Gateways, tasks: Tasks, *, has_sweeper: bool) -> None:
        """Add the robots with their gateways, the workers, and what sweeps."""
        for number in range(N_ROBOTS):
            self._add_robot(gateways, number)
        self._workers = [Worker(self._around, tasks, queue, name) for name, queue in WORKERS]
        if has_sweeper:
            Sweeper(self._around, tasks)
        self._turns.start("redis", self._empty_at_times)

    def finish(self, seed: int, reference: Reference) -> Outcome:
        """Let everything happen, and compare what there is then with the ledger."""
        try:
            self._let_happen()
        except ActorError as error:
            self._broken.append(str(error))
        n_deaths = sum(worker.n_deaths for worker in self._workers)
        n_deaths += sum(line.n_deaths for line in self._lines)
        self._turns.end_all()
        return Outcome(
            seed,
            tuple(self._find(reference)),
            self._ledger.n_attempted,
            self._ledger.n_accepted,
            self._dice.calls,
            self._dice.errors,
            n_deaths,
            max(self._ends_s().values(), default=0.0),
        )

    def _let_happen(self) -> None:
        self._turns.run(lambda: all(robot.is_done for robot in self._robots), self._limit_s)
        self._turns.run(self._is_still, self._limit_s)
        until_s = self._turns.now_s + QUIET_S
        self._turns.run(lambda: self._turns.now_s >= until_s, self._limit_s + QUIET_S)

    def _add_robot(self, gateways: Gateways, number: int) -> None:
        arm_id = f"arm-{number}"
        key = make_key_for(self._truth, arm_id)
        services = GatewayServices(
            self._around.store,
            self._around.images,
            self._broker,
            monotonic_s=lambda: self._turns.now_s,
            sleep=self._turns.sleep,
            make_id=self._make_id,
        )
        app = gateways.start(number, services)
        line = BreakingLine(app, self._turns, self._around.rng, self._odds)
        rng = self._rng.spawn(1)[0]
        client = connect(line, key, self._turns, rng)
        robot = Robot(client, self._ledger, draw_errand(rng), arm_id, self._turns, rng)
        self._robots.append(robot)
        self._lines.append(line)
        self._turns.start(arm_id, robot.run, line.befall)

    def _is_still(self) -> bool:
        """Whether nothing comes late any more: no message, and nobody who stood still over one."""
        return self._broker.is_idle and not any(worker.is_busy for worker in self._workers)

    def _empty_at_times(self) -> None:
        while True:
            self._turns.sleep(1.0)
            if self._around.rng.random() < self._odds.empty:
                self._broker.empty()

    def _find(self, reference: Reference) -> Iterator[Finding]:
        declare_excused(self._ledger, self._truth, self._around.harmed)
        yield from check_ledger(self._ledger, self._truth, self._images, reference)
        for sentence in self._broken:
            yield Finding(Harm.UNEXPECTED, "", sentence)
        for robot in self._robots:
            yield from _of_robot(robot)
        for line in self._lines:
            if HTTPStatus.INTERNAL_SERVER_ERROR in line.statuses:
                yield Finding(Harm.UNEXPECTED, "", "the gateway answered 500")
        for session_id, seconds in self._ends_s().items():
            if seconds > LATE_S:
                sentence = f"it ended {seconds:.0f} s after it was sealed"
                yield Finding(Harm.UNEXPECTED, session_id, sentence)

    def _ends_s(self) -> dict[str, float]:
        """Return how long each session that ended took to do so once it was sealed."""
        ends_s = {}
        for session_id in self._ledger.sessions:
            session = self._truth.load_session(session_id)
            if session.finished_at is not None and session.sealed_at is not None:
                took = session.finished_at - session.sealed_at
                ends_s[session_id] = took.total_seconds()
        return ends_s

    def _make_id(self) -> str:
        return self._rng.bytes(16).hex()


def _of_robot(robot: Robot) -> Iterator[Finding]:
    for sentence in robot.refusals:
        yield Finding(Harm.UNEXPECTED, robot.session_id, sentence)
    if not robot.is_done:
        yield Finding(Harm.LOST, robot.session_id, "the session did not end")


@contextmanager
def _silence() -> Iterator[None]:
    """Keep what the product logs from the terminal: under these faults it has much to say."""
    before = structlog.get_config()
    structlog.configure(processors=[_drop])
    try:
        yield
    finally:
        structlog.configure(**before)


def _drop(_logger: object, _method: str, _event: EventDict) -> EventDict:
    raise structlog.DropEvent
