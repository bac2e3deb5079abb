"""One run of one scenario: the site, the dice, the ledger, and what was seen."""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

import numpy as np

from cli.faults.findings import Finding, Harm, Recovery
from cli.faults.ledger import Ledger
from cli.faults.robots import Crowd, Robot, Traffic
from cli.faults.settings import RunSettings
from cli.faults.site import Site
from sorter.errors import SorterBotError, TransientError

LOOK_EVERY_S = 0.05


class NeverCameError(SorterBotError):
    """What a scenario waited for did not come; the scenario ends here."""


class Trial:
    """What a scenario gets. Safe to use from several threads.

    Attributes:
        site: To do harm to.
        minutes: How long a soak is to last.
        seed: The run's, for a scenario that numbers what it does from there.
        rng: Drawn from the seed and the scenario's name, so that a run can be repeated alone.
        n_sessions: How many sessions a scenario that can run any number should run.
        is_short: Whether seconds count more than numbers.
        patience_s: How long, after the faults, sessions are given to end.
        ledger: What robots tried and were promised.
    """

    def __init__(self, name: str, site: Site, settings: RunSettings) -> None:
        self.name = name
        self.site = site
        self.rng = np.random.default_rng([settings.seed, zlib.crc32(name.encode())])
        self.n_sessions = settings.n_sessions
        self.is_short = settings.is_short
        self.patience_s = settings.patience_s
        self.seed = settings.seed
        self.minutes = settings.minutes
        self.ledger = Ledger()
        self._lock = threading.Lock()
        self._recoveries: list[Recovery] = []
        self._findings: list[Finding] = []
        self._counted = (0, 0)
        self._figures: dict[str, Any] = {}
        self._robots: list[Robot] = []
        self._crowds: list[Crowd] = []

    def robot(self) -> Robot:
        """Return a new arm with a key of its own, to be driven by hand."""
        with self._lock:
            arm_id = f"{self.name}-{self.rng.integers(1 << 30):08x}-{len(self._robots)}"
            robot = Robot(self.site, self.ledger, arm_id, Random(arm_id))
            self._robots.append(robot)
        return robot

    def start_robots(self, traffic: Traffic) -> Crowd:
        """Let several robots run sessions on threads of their own; :meth:`finish` awaits them."""
        n_robots = min(traffic.n_robots, traffic.n_sessions)
        crowd = Crowd([self.robot() for _ in range(n_robots)], traffic, self.rng.spawn(1)[0])
        self._crowds.append(crowd)
        crowd.start()
        return crowd

    def finish(self, crowd: Crowd, within_s: float = 300.0) -> None:
        """Wait until a crowd has posted everything; a robot that gave up is unexpected."""
        if crowd in self._crowds:
            self._crowds.remove(crowd)
        for complaint in crowd.join(within_s):
            self.expect(condition=False, sentence=complaint)

    def end_robots(self, *, are_to_complete: bool) -> None:
        """Wait for the crowds that still post.

        Args:
            are_to_complete: Whether robots complete what they have opened: sessions of a
                scenario that broke off would else stay open until their deadline.
        """
        for crowd in list(self._crowds):
            self.finish(crowd)
        if are_to_complete:
            for robot in self._robots:
                robot.complete_all()

    def recovered(self, seconds: float, what: str = "") -> None:
        """Note how long it took, from a fault, until what it broke worked again."""
        with self._lock:
            self._recoveries.append(Recovery(what, seconds))

    def expect(self, condition: bool, sentence: str, session_id: str = "") -> None:
        """Note an unexpected thing, in this sentence, unless the condition holds."""
        if not condition:
            with self._lock:
                self._findings.append(Finding(Harm.UNEXPECTED, session_id, sentence))

    def report(
        self, findings: Iterable[Finding], n_attempted: int = 0, n_accepted: int = 0
    ) -> None:
        """Add what a scenario that keeps ledgers of its own has found and counted."""
        with self._lock:
            self._findings += findings
            self._counted = (self._counted[0] + n_attempted, self._counted[1] + n_accepted)

    def figure(self, name: str, value: Any) -> None:
        """Note something that was measured, as JSON has it, for whoever reads the result."""
        with self._lock:
            self._figures[name] = value

    @property
    def figures(self) -> dict[str, Any]:
        """Everything that was measured."""
        with self._lock:
            return dict(self._figures)

    def wait_until(self, condition: Callable[[], bool], within_s: float, what: str) -> float:
        """Wait for a condition and return how many seconds that took.

        Raises:
            NeverCameError: It did not hold in time; the runner counts it as unexpected.
        """
        began_s = time.monotonic()
        while not condition():
            if time.monotonic() - began_s > within_s:
                raise NeverCameError(f"within {within_s:g} s there was never {what}")
            time.sleep(LOOK_EVERY_S)
        return time.monotonic() - began_s

    def has_ended(self, session_id: str) -> bool:
        """Whether the database knows the session's end; not so while it does not answer."""
        try:
            return self.site.store.load_session(session_id).state.is_final
        except TransientError:
            return False

    def await_end(self, session_id: str, since_s: float | None = None, what: str = "") -> None:
        """Wait for a session's end and note it as a recovery; none is for the checker to find.

        Args:
            since_s: When the fault began, by the monotonic clock; now where it is not said.
            what: What broke.
        """
        since_s = time.monotonic() if since_s is None else since_s
        until_s = time.monotonic() + self.patience_s
        while time.monotonic() < until_s:
            if self.has_ended(session_id):
                self.recovered(time.monotonic() - since_s, what)
                return
            time.sleep(LOOK_EVERY_S)

    @property
    def recoveries(self) -> tuple[Recovery, ...]:
        """Every recovery that was noted."""
        with self._lock:
            return tuple(self._recoveries)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every broken promise that the scenario itself noted."""
        with self._lock:
            return tuple(self._findings)

    @property
    def n_attempted(self) -> int:
        """How many different pictures robots set out to post."""
        return self.ledger.n_attempted + self._counted[0]

    @property
    def n_accepted(self) -> int:
        """How many different pictures the gateway said it has kept."""
        return self.ledger.n_accepted + self._counted[1]

    def close(self) -> None:
        """Hang up every robot's line."""
        for robot in self._robots:
            robot.close()
