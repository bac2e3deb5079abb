"""Runs scenarios on sites that they share, and checks what is left when the faults are over."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cli.faults.checker import check_ledger
from cli.faults.findings import Finding, Harm
from cli.faults.reference import Reference, StandInReference
from cli.faults.results import ScenarioResult
from cli.faults.scenario import Needs, Scenario
from cli.faults.site import Site
from cli.faults.trial import Trial
from cli.supervisor import Announce
from sorter.errors import InvalidInputError, NotFoundError

LOOK_EVERY_S = 0.2

OnScenario = Callable[[Scenario], None]


@dataclass(frozen=True, slots=True)
class RunSettings:
    """How the suite is run.

    Attributes:
        folder: Holds a folder for each site.
        patience_s: How long, after the faults, sessions are given to end.
        has_sweeper: False shows that the suite can fail: nothing repairs then.
    """

    folder: Path
    seed: int
    n_sessions: int
    is_short: bool = False
    patience_s: float = 120.0
    has_sweeper: bool = True

    def __post_init__(self) -> None:
        if self.n_sessions < 1 or self.seed < 0 or self.patience_s <= 0:
            raise InvalidInputError("sessions and patience lie above 0, and a seed not below it")

    def document(self) -> dict[str, Any]:
        """Return what decides the result, as JSON has it."""
        return {
            "seed": self.seed,
            "sessions": self.n_sessions,
            "is_short": self.is_short,
            "patience_s": self.patience_s,
            "has_sweeper": self.has_sweeper,
        }


def run_scenarios(
    scenarios: Sequence[Scenario],
    settings: RunSettings,
    announce: Announce,
    on_begin: OnScenario = lambda _: None,
) -> Iterator[ScenarioResult]:
    """Yield each scenario's result, site by site; a site that broke is replaced.

    Args:
        announce: Told what happens to the services.
        on_begin: Told of each scenario before it runs.

    Raises:
        SorterBotError: A site could not be started.
    """
    reference = StandInReference()
    left = list(scenarios)
    n_sites = 0
    while left:
        n_sites += 1
        needs = left[0].needs
        folder = settings.folder / f"site-{n_sites}"
        with Site(folder, needs, announce, has_sweeper=settings.has_sweeper) as site:
            is_whole = True
            while is_whole and (scenario := _next(left, needs)) is not None:
                left.remove(scenario)
                on_begin(scenario)
                result, is_whole = _run_one(scenario, site, settings, reference)
                yield result


def _next(left: Sequence[Scenario], needs: Needs) -> Scenario | None:
    return next((scenario for scenario in left if scenario.needs == needs), None)


def _run_one(
    scenario: Scenario, site: Site, settings: RunSettings, reference: Reference
) -> tuple[ScenarioResult, bool]:
    """Run a scenario; return what it came to, and whether its site can be used again."""
    began_s = time.monotonic()
    rng = np.random.default_rng([settings.seed, zlib.crc32(scenario.name.encode())])
    trial = Trial(
        scenario.name,
        site,
        rng,
        settings.n_sessions,
        is_short=settings.is_short,
        patience_s=settings.patience_s,
        seed=settings.seed,
    )
    _attempt(scenario, trial)
    is_whole = True
    try:
        site.settle()
        await_ends(trial, settings.patience_s)
        trial.report(check_ledger(trial.ledger, site.store, site.images, reference))
    except Exception as error:  # noqa: BLE001  # whatever it is, the next site starts afresh
        trial.report([_broken("the site did not come back", error)])
        is_whole = False
    finally:
        trial.close()
    result = ScenarioResult(
        scenario.name,
        scenario.title,
        trial.n_attempted,
        trial.n_accepted,
        trial.findings,
        trial.recoveries,
        time.monotonic() - began_s,
    )
    return result, is_whole


def _attempt(scenario: Scenario, trial: Trial) -> None:
    try:
        scenario.run(trial)
    except Exception as error:  # noqa: BLE001  # a scenario that breaks off is itself a finding
        trial.report([_broken("the scenario broke off", error)])


def _broken(what: str, error: Exception) -> Finding:
    return Finding(Harm.UNEXPECTED, "", f"{what}: {type(error).__name__}: {error}")


def await_ends(trial: Trial, within_s: float) -> None:
    """Wait until every session of the ledger has ended, or the time is up: then it is lost."""
    until_s = time.monotonic() + within_s
    left = set(trial.ledger.sessions)
    while left and time.monotonic() < until_s:
        left = {session_id for session_id in left if not _is_over(trial, session_id)}
        if left:
            time.sleep(LOOK_EVERY_S)


def _is_over(trial: Trial, session_id: str) -> bool:
    try:
        return trial.has_ended(session_id)
    except NotFoundError:
        return True  # for the checker to find
