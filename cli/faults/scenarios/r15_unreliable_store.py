"""R15: every method of the store fails now and then, in simulated runs of many seeds.

What a seed does is decided in virtual time by its dice alone, see :mod:`cli.faults.simulated`:
not by the machine, so a seed that fails, fails again.
"""

from __future__ import annotations

from collections import Counter

from cli.faults.findings import Finding
from cli.faults.scenario import Scenario
from cli.faults.simulated.run import Outcome
from cli.faults.simulated.seeds import run_seeds
from cli.faults.trial import Trial
from cli.faults.unreliable_store import methods_of
from cli.programs import n_cores
from storage.ports import Store

N_SHORT = 4
N_SEEDS_A_SESSION = 10
"""With the usual 20 sessions, 200 seeds."""

STRUCK = ("accept_image", "claim_image", "save_detections", "claim_session", "save_plan")
"""Calls that change what a promise is about; a run of many seeds must have struck each."""


def run(trial: Trial) -> None:
    """Run the seeds from the trial's own on, and report what each of them breaks."""
    n_seeds = N_SHORT if trial.is_short else N_SEEDS_A_SESSION * trial.n_sessions
    seeds = range(trial.seed, trial.seed + n_seeds)
    calls: Counter[str] = Counter()
    struck: Counter[str] = Counter()
    slowest_s, n_deaths = 0.0, 0
    outcomes = run_seeds(trial.site.postgres, seeds, n_cores(), has_sweeper=trial.site.has_sweeper)
    for outcome in outcomes:
        findings = [_named(finding, outcome) for finding in outcome.findings]
        trial.report(findings, outcome.n_attempted, outcome.n_accepted)
        slowest_s = max(slowest_s, outcome.slowest_s)
        n_deaths += outcome.n_deaths
        calls += outcome.calls
        struck += outcome.errors
    trial.figure("seeds", f"{seeds.start} to {seeds.stop - 1}")
    trial.figure("deaths", n_deaths)
    trial.figure("calls struck", dict(sorted(struck.items())))
    trial.figure("never called", sorted(set(methods_of(Store)) - set(calls)))
    trial.figure("slowest session, in virtual seconds", round(slowest_s, 1))
    if not trial.is_short:
        for method in STRUCK:
            trial.expect(struck[method] > 0, f"no seed struck {method}")


def _named(finding: Finding, outcome: Outcome) -> Finding:
    """Say which seed breaks the promise, and how to run it alone."""
    alone = f"--scenario R15 --seed {outcome.seed} --sessions 1"
    return Finding(
        finding.harm, finding.session_id, f"seed {outcome.seed} ({alone}): {finding.sentence}"
    )


SCENARIO = Scenario("R15", "every method of the store fails or loses its answer, by seeds", run)
