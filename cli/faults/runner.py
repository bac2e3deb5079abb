"""Runs scenarios on sites that they share, and checks what is left when the faults are over."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from cli.faults.checker import check_ledger
from cli.faults.findings import Finding, Harm
from cli.faults.reference import Reference, StandInReference
from cli.faults.results import ScenarioResult
from cli.faults.scenario import Needs, Scenario
from cli.faults.settings import RunSettings
from cli.faults.site import Site
from cli.faults.trial import Trial
from cli.supervisor import Announce
from sorter.errors import NotFoundError, SorterBotError

LOOK_EVERY_S = 0.2

OnScenario = Callable[[Scenario], None]
MakeSite = Callable[[Path, Needs], AbstractContextManager[Site]]


def site_maker(settings: RunSettings, announce: Announce) -> MakeSite:
    """Return what makes real sites; ``announce`` is told what happens to their services."""
    return lambda folder, needs: Site(folder, needs, announce, has_sweeper=settings.has_sweeper)


def run_scenarios(
    scenarios: Sequence[Scenario],
    settings: RunSettings,
    make_site: MakeSite,
    on_begin: OnScenario = lambda _: None,
) -> Iterator[ScenarioResult]:
    """Yield each scenario's result, site by site; a site that broke is replaced.

    Args:
        on_begin: Told of each scenario before it runs.
    """
    reference = StandInReference()
    left = list(scenarios)
    n_sites = 0
    while left:
        n_sites += 1
        folder = settings.folder / f"site-{n_sites}"
        needs = left[0].needs
        try:
            with make_site(folder, needs) as site:
                is_whole = True
                while is_whole and (scenario := _next(left, needs)) is not None:
                    left.remove(scenario)
                    on_begin(scenario)
                    result, is_whole = _run_one(scenario, site, settings, reference)
                    yield result
        except SorterBotError as error:
            yield _not_run(left.pop(0), error)


def _next(left: Sequence[Scenario], needs: Needs) -> Scenario | None:
    return next((scenario for scenario in left if scenario.needs == needs), None)


def _run_one(
    scenario: Scenario, site: Site, settings: RunSettings, reference: Reference
) -> tuple[ScenarioResult, bool]:
    """Run a scenario; return what it came to, and whether its site can be used again."""
    began_s = time.monotonic()
    trial = Trial(scenario.name, site, settings)
    try:
        has_run = _attempt(scenario, trial)
        is_whole = _check(trial, reference, has_run=has_run)
    finally:
        trial.close()  # robots that still try to reach the gateway give up then
    result = ScenarioResult(
        scenario.name,
        scenario.title,
        trial.n_attempted,
        trial.n_accepted,
        trial.findings,
        trial.recoveries,
        time.monotonic() - began_s,
        trial.figures,
    )
    return result, is_whole


def _check(trial: Trial, reference: Reference, *, has_run: bool) -> bool:
    """Let all come to its end and check it; return whether the site can be used again."""
    site = trial.site
    try:
        site.settle()
        trial.end_robots(are_to_complete=not has_run)
        await_ends(trial, trial.patience_s)
        trial.report(check_ledger(trial.ledger, site.store, site.images, reference))
    except Exception as error:  # noqa: BLE001  # whatever it is, the next site starts afresh
        trial.report([_broken("the site did not come back", error)])
        return False
    return True


def _not_run(scenario: Scenario, error: SorterBotError) -> ScenarioResult:
    finding = _broken("its site could not be started", error)
    return ScenarioResult(scenario.name, scenario.title, 0, 0, (finding,), (), 0.0)


def _attempt(scenario: Scenario, trial: Trial) -> bool:
    """Run a scenario; return whether it came to its end."""
    try:
        scenario.run(trial)
    except Exception as error:  # noqa: BLE001  # a scenario that breaks off is itself a finding
        trial.report([_broken("the scenario broke off", error)])
        return False
    return True


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
