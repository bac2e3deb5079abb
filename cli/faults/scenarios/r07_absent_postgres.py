"""R7: PostgreSQL is restarted, stays away, stands still, and has its connections cut in a loop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus

import psycopg2

from cli.faults.plain_robot import Answer, PlainRobot
from cli.faults.robots import OpenSession
from cli.faults.scenario import Needs, Scenario
from cli.faults.site import Site
from cli.faults.trial import Trial
from sorter.errors import SorterBotError

N_ROBOTS = 2
N_PICTURES = 3
N_TABLES = 6
PAUSE_S = 0.1
ANSWERED_WITHIN_S = 20.0
"""What a robot waits: twelve seconds for an answer, three for another connection, and the machine's
own."""

CUT_EVERY_S = 0.25
SERVICES = ("gateway", "gpu-worker", "sort-worker", "beat")
CUT_ALL = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sorterbot'
"""


def run(trial: Trial) -> None:
    """Let robots post and look while the database comes and goes."""
    pids = {name: trial.site.pid(name) for name in SERVICES}
    with ExitStack() as held:
        # Made beforehand: their keys are written past the gateway, which nobody tries again.
        robots = [held.enter_context(PlainRobot(trial)) for _ in range(N_ROBOTS)]
        for fault in FAULTS:
            _endure(trial, robots, fault)
    ended = [name for name, pid in pids.items() if trial.site.pid(name) != pid]
    trial.expect(not ended, f"processes ended with the database: {', '.join(ended)}")


def _endure(trial: Trial, robots: Sequence[PlainRobot], fault: _Fault) -> None:
    with _robots_at_work(trial, robots) as n_accepted:
        trial.wait_until(lambda: n_accepted() > 0, trial.patience_s, "an accepted picture")
        fault.disturb(trial.site, fault.short_s if trial.is_short else fault.seconds)
        began_s, n_before = time.monotonic(), n_accepted()
        trial.wait_until(
            lambda n=n_before: n_accepted() > n,  # type: ignore[misc]
            trial.patience_s,
            f"a picture accepted after {fault.name}",
        )
        trial.recovered(time.monotonic() - began_s, fault.name)


def _restart(site: Site, _seconds: float) -> None:
    site.restart("postgres")


def _stay_away(site: Site, seconds: float) -> None:
    site.stop("postgres")
    time.sleep(seconds)
    site.start("postgres")


def _stand_still(site: Site, seconds: float) -> None:
    """Stop every process of the server, while its machine goes on acknowledging what is sent."""
    pids = site.pause("postgres")
    time.sleep(seconds)
    site.resume(pids)


def _cut_in_a_loop(site: Site, seconds: float) -> None:
    """Cut every connection, by the server's hand and by the network's in turn."""
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        with suppress(psycopg2.OperationalError):  # the one that cuts may be cut itself
            site.query(CUT_ALL)
        time.sleep(CUT_EVERY_S)
        site.proxies["postgres"].reset()
        time.sleep(CUT_EVERY_S)


@dataclass(frozen=True, slots=True)
class _Fault:
    """What is done to the database for how long."""

    name: str
    disturb: Callable[[Site, float], None]
    seconds: float = 0.0
    short_s: float = 0.0


FAULTS = (
    _Fault("a restart of PostgreSQL", _restart),
    _Fault("an absence of PostgreSQL", _stay_away, 20.0, 3.0),
    _Fault("a standstill of PostgreSQL", _stand_still, 25.0, 2.0),
    _Fault("cuts of all connections to PostgreSQL", _cut_in_a_loop, 10.0, 3.0),
)


@contextmanager
def _robots_at_work(trial: Trial, robots: Sequence[PlainRobot]) -> Iterator[Callable[[], int]]:
    """Let robots post until the body ends and their sessions are complete.

    Yields the question how many pictures were accepted by now.
    """
    stopping = threading.Event()
    workers = [_Poster(trial, robot, stopping, first) for first, robot in enumerate(robots)]
    for worker in workers:
        worker.start()
    try:
        yield lambda: sum(worker.n_accepted for worker in workers)
    finally:
        stopping.set()
        for worker in workers:
            worker.join(trial.patience_s)
            trial.expect(not worker.is_alive(), "a robot could not finish its session")


class _Poster(threading.Thread):
    """A robot that posts each picture until it is accepted, and looks at its session between."""

    def __init__(
        self, trial: Trial, robot: PlainRobot, stopping: threading.Event, first_table: int
    ) -> None:
        super().__init__(name=f"poster-{first_table}", daemon=True)
        self.n_accepted = 0
        self._trial = trial
        self._robot = robot
        self._stopping = stopping
        self._table = first_table

    def run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._run_session()
        except SorterBotError as error:
            self._trial.expect(condition=False, sentence=f"a robot gave up: {error}")

    def _run_session(self) -> None:
        session = self._robot.open_session(self._table % N_TABLES, N_PICTURES)
        for position_pw in session.positions_pw:
            self._post(session, position_pw)
        self._robot.complete(session)
        self._table += 1

    def _post(self, session: OpenSession, position_pw: float) -> None:
        is_accepted = False
        while not is_accepted:
            posted = self._robot.post(session, position_pw)
            self._judge(session, posted, HTTPStatus.ACCEPTED)
            is_accepted = posted.status == HTTPStatus.ACCEPTED
            looked = self._robot.ask("GET", f"/sessions/{session.session_id}")
            self._judge(session, looked, HTTPStatus.OK)
            time.sleep(PAUSE_S)
        self.n_accepted += 1

    def _judge(self, session: OpenSession, answer: Answer, success: HTTPStatus) -> None:
        self._trial.expect(
            answer.status == success or answer.is_honest_refusal,
            f"{answer.call} was answered {answer.status}: {answer.document}",
            session.session_id,
        )
        self._trial.expect(
            answer.seconds <= ANSWERED_WITHIN_S,
            f"{answer.call} was answered after {answer.seconds:.1f} s",
            session.session_id,
        )


SCENARIO = Scenario(
    name="R7",
    title="PostgreSQL is restarted, stays away, stands still, and has its connections cut.",
    run=run,
    needs=Needs(has_proxies=True, is_durable=True),
)
