"""One run of one scenario: the site, the dice, the ledger, and what was seen."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from random import Random

import numpy as np

from cli.faults.findings import Finding, Harm
from cli.faults.ledger import Ledger
from cli.faults.robots import Crowd, Robot, Traffic
from cli.faults.site import Site
from sorter.errors import SorterBotError

LOOK_EVERY_S = 0.05


class NeverCameError(SorterBotError):
    """What a scenario waited for did not come; the scenario ends here."""


class Trial:
    """What a scenario gets. Safe to use from several threads.

    Attributes:
        site: To do harm to.
        rng: Drawn from the seed and the scenario's name, so that a run can be repeated alone.
        n_sessions: How many sessions a scenario that can run any number should run.
        is_short: Whether seconds count more than numbers.
        ledger: What robots tried and were promised.
    """

    def __init__(
        self, name: str, site: Site, rng: np.random.Generator, n_sessions: int, *, is_short: bool
    ) -> None:
        self.name = name
        self.site = site
        self.rng = rng
        self.n_sessions = n_sessions
        self.is_short = is_short
        self.ledger = Ledger()
        self._lock = threading.Lock()
        self._recoveries_s: list[float] = []
        self._findings: list[Finding] = []
        self._robots: list[Robot] = []

    def robot(self) -> Robot:
        """Return a new arm with a key of its own, to be driven by hand."""
        number = len(self._robots)
        arm_id = f"{self.name}-{self.rng.integers(1 << 30):08x}-{number}"
        robot = Robot(self.site, self.ledger, arm_id, Random(arm_id))
        self._robots.append(robot)
        return robot

    def start_robots(self, traffic: Traffic) -> Crowd:
        """Let several robots run sessions on threads of their own; :meth:`finish` awaits them."""
        n_robots = min(traffic.n_robots, traffic.n_sessions)
        crowd = Crowd([self.robot() for _ in range(n_robots)], traffic, self.rng.spawn(1)[0])
        crowd.start()
        return crowd

    def finish(self, crowd: Crowd, within_s: float = 300.0) -> None:
        """Wait until a crowd has posted everything; a robot that gave up is unexpected."""
        for complaint in crowd.join(within_s):
            self.expect(condition=False, sentence=complaint)

    def recovered(self, seconds: float) -> None:
        """Note how long it took, from a fault, until what it broke worked again."""
        with self._lock:
            self._recoveries_s.append(seconds)

    def expect(self, condition: bool, sentence: str, session_id: str = "") -> None:
        """Note an unexpected thing, in this sentence, unless the condition holds."""
        if not condition:
            with self._lock:
                self._findings.append(Finding(Harm.UNEXPECTED, session_id, sentence))

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

    @property
    def recoveries_s(self) -> tuple[float, ...]:
        """Every recovery that was noted."""
        with self._lock:
            return tuple(self._recoveries_s)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Every unexpected thing that the scenario itself noted."""
        with self._lock:
            return tuple(self._findings)

    def close(self) -> None:
        """Hang up every robot's line."""
        for robot in self._robots:
            robot.close()
