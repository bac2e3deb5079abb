from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.faults.findings import Harm
from cli.faults.ledger import Offer, Receipt
from cli.faults.results import ScenarioResult
from cli.faults.runner import run_scenarios
from cli.faults.scenario import Needs, Scenario
from cli.faults.settings import RunSettings
from cli.faults.tables import arm_named
from cli.faults.trial import NeverCameError, Trial
from sorter.errors import InvalidInputError, TransientError
from tests.fakes import FakeImageStore, FakeStore

OTHER = Needs(n_gpu_workers=2)


class FakeSite:
    """A site without processes, which notes what is done to it."""

    def __init__(self, needs: Needs, settle_error: Exception | None = None) -> None:
        self.needs = needs
        self.store = FakeStore()
        self.images = FakeImageStore()
        self.n_settled = 0
        self._settle_error = settle_error

    def settle(self) -> None:
        if self._settle_error is not None:
            raise self._settle_error
        self.n_settled += 1

    def __enter__(self) -> FakeSite:
        return self

    def __exit__(self, *_: object) -> None:
        self.needs = Needs(detector="closed")


class Builder:
    """Makes sites, the first ones as broken as it is told."""

    def __init__(self, *broken: Exception | None) -> None:
        self.sites: list[FakeSite] = []
        self._broken = list(broken)

    def __call__(self, _folder: Path, needs: Needs) -> Any:
        self.sites.append(FakeSite(needs, self._broken.pop(0) if self._broken else None))
        return self.sites[-1]


def run(
    *scenarios: Scenario, build: Builder | None = None, seed: int = 1, patience_s: float = 0.01
) -> list[ScenarioResult]:
    settings = RunSettings(Path("unused"), seed, 2, is_short=True, patience_s=patience_s)
    return list(run_scenarios(scenarios, settings, build or Builder()))


def nothing(_trial: Trial) -> None:
    """Inject no fault."""


def test_scenarios_with_equal_needs_share_a_site_that_settles_after_each():
    build = Builder()
    results = run(
        Scenario("R1", "one", nothing),
        Scenario("R2", "other", nothing, OTHER),
        Scenario("R3", "again", nothing),
        build=build,
    )
    assert [result.name for result in results] == ["R1", "R3", "R2"]
    assert [site.n_settled for site in build.sites] == [2, 1]
    assert all(result.is_clean for result in results)


def test_a_scenario_that_breaks_off_is_unexpected_and_the_others_go_on():
    def breaks_off(trial: Trial) -> None:
        trial.wait_until(lambda: False, 0.0, "a miracle")

    first, second = run(Scenario("R1", "one", breaks_off), Scenario("R2", "two", nothing))
    assert [finding.harm for finding in first.findings] == [Harm.UNEXPECTED]
    assert "there was never a miracle" in first.findings[0].sentence
    assert second.is_clean


def test_a_site_that_does_not_come_back_is_unexpected_and_replaced():
    build = Builder(TransientError("postgres was not ready"))
    first, second = run(Scenario("R1", "one", nothing), Scenario("R2", "two", nothing), build=build)
    assert "did not come back: TransientError: postgres" in first.findings[0].sentence
    assert second.is_clean
    assert len(build.sites) == 2


def test_a_site_that_cannot_be_started_is_the_finding_of_the_scenario_that_wanted_it():
    def build(_folder: Path, needs: Needs) -> Any:
        if needs == OTHER:
            raise TransientError("gateway was not ready")
        return FakeSite(needs)

    settings = RunSettings(Path("unused"), 1, 1)
    first, second = run_scenarios(
        [Scenario("R1", "one", nothing, OTHER), Scenario("R2", "two", nothing)], settings, build
    )
    assert "could not be started" in first.findings[0].sentence
    assert second.is_clean


def test_what_a_scenario_expected_recovered_and_counted_is_in_its_result():
    def notes(trial: Trial) -> None:
        trial.expect(1 > 2, "one is not above two")
        trial.expect(2 > 1, "two is above one")
        trial.recovered(3.5, "arithmetic")
        trial.report([], n_attempted=7, n_accepted=6)

    (result,) = run(Scenario("R1", "one", notes))
    assert [finding.sentence for finding in result.findings] == ["one is not above two"]
    assert [recovery.seconds for recovery in result.recoveries] == [3.5]
    assert (result.attempted, result.accepted) == (7, 6)


def test_a_picture_in_the_ledger_that_the_site_does_not_know_is_lost():
    def promises(trial: Trial) -> None:
        trial.ledger.note_session("S1", arm_named("ARM"), 60.0)
        trial.ledger.note_offer(Offer("S1", 1000.0, "aa"))
        trial.ledger.note_receipt(Receipt("S1", 1000.0, "aa", "I1"))

    (result,) = run(Scenario("R1", "one", promises))
    assert (result.attempted, result.accepted, result.count(Harm.LOST)) == (1, 1, 1)


def drawn_by(*names: str, seed: int) -> dict[str, list[int]]:
    drawn: dict[str, list[int]] = {}

    def draws(trial: Trial) -> None:
        drawn[trial.name] = trial.rng.integers(1 << 30, size=4).tolist()

    run(*(Scenario(name, "draws", draws) for name in names), seed=seed)
    return drawn


def test_a_scenario_draws_the_same_alone_as_among_others_and_otherwise_by_another_seed():
    together = drawn_by("R1", "R2", seed=5)
    assert drawn_by("R2", seed=5)["R2"] == together["R2"]
    assert together["R1"] != together["R2"]
    assert drawn_by("R2", seed=6)["R2"] != together["R2"]


def test_waiting_tells_how_long_it_took():
    def waits(trial: Trial) -> None:
        answers = iter([False, False, True])
        assert trial.wait_until(lambda: next(answers), 60.0, "an answer") > 0
        with pytest.raises(NeverCameError):
            trial.wait_until(lambda: False, 0.0, "an answer")

    (result,) = run(Scenario("R1", "one", waits))
    assert result.is_clean


@pytest.mark.parametrize(
    "make",
    [
        lambda: RunSettings(Path("x"), -1, 1),
        lambda: RunSettings(Path("x"), 1, 0),
        lambda: RunSettings(Path("x"), 1, 1, patience_s=0),
        lambda: RunSettings(Path("x"), 1, 1, minutes=0),
    ],
)
def test_settings_that_make_no_sense_are_refused(make: Callable[[], RunSettings]) -> None:
    with pytest.raises(InvalidInputError):
        make()
