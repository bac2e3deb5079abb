from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from cli.faults.findings import Finding, Harm, Recovery
from cli.faults.report import result_line, result_table
from cli.faults.results import ScenarioResult, run_document
from cli.faults.scenario import Scenario
from cli.verify_faults import check_clean, chosen_scenarios
from sorter.errors import InvalidInputError, SorterBotError

SCENARIOS = tuple(Scenario(f"R{number}", f"fault {number}", lambda _: None) for number in range(3))


def make_result(
    name: str = "R1", *harms: Harm, recoveries_s: tuple[float, ...] = (), accepted: int = 3
) -> ScenarioResult:
    return ScenarioResult(
        name,
        "a fault",
        accepted + 1,
        accepted,
        tuple(Finding(harm, "S1", f"something was {harm}") for harm in harms),
        tuple(Recovery("worker", seconds) for seconds in recoveries_s),
        1.5,
    )


results = st.builds(
    lambda harms, recoveries, accepted: make_result(
        "R1", *harms, recoveries_s=tuple(recoveries), accepted=accepted
    ),
    st.lists(st.sampled_from(Harm), max_size=4),
    st.lists(st.integers(0, 90).map(float), max_size=3),
    st.integers(0, 50),
)


@given(st.lists(results, max_size=4))
def test_the_totals_are_the_sums_of_the_scenarios_and_the_slowest_of_all(run):
    document = run_document(run)
    for count in ("attempted", "accepted", "lost", "doubled", "unexpected", "recovered"):
        assert document[count] == sum(row[count] for row in document["scenarios"])
    slowest = [row["slowest_recovery_s"] for row in document["scenarios"] if row["recovered"]]
    assert document["slowest_recovery_s"] == (max(slowest) if slowest else None)


def test_each_harm_is_counted_by_itself_and_told_in_words():
    result = make_result("R1", Harm.LOST, Harm.LOST, Harm.DOUBLED)
    row = result.document()
    assert (row["lost"], row["doubled"], row["unexpected"]) == (2, 1, 0)
    assert row["findings"][0] == {
        "harm": "lost",
        "session_id": "S1",
        "sentence": "something was lost",
    }
    assert result_line(result) == "R1   3 accepted, 2 lost, 1 doubled, 0 unexpected, 2 s"


def test_a_run_without_findings_is_no_error():
    check_clean([make_result("R1"), make_result("R2")], seed=7)


@pytest.mark.parametrize("harm", list(Harm))
def test_any_finding_is_an_error_that_says_how_to_run_it_again_alone(harm):
    run = [make_result("R1"), make_result("R2", harm), make_result("R3", harm)]
    with pytest.raises(SorterBotError, match=r"--scenario R2,R3 --seed 7$"):
        check_clean(run, seed=7)


def test_all_means_every_scenario_in_its_order():
    assert chosen_scenarios("all", SCENARIOS) == list(SCENARIOS)


def test_all_leaves_out_the_soak_which_has_to_be_named():
    soak = replace(SCENARIOS[0], name="R14", is_soak=True)
    assert chosen_scenarios("all", (*SCENARIOS, soak)) == list(SCENARIOS)
    assert chosen_scenarios("r14", (*SCENARIOS, soak)) == [soak]


def test_names_choose_scenarios_in_any_order_and_case():
    assert [one.name for one in chosen_scenarios("r2, R0", SCENARIOS)] == ["R0", "R2"]


def test_an_unknown_scenario_is_refused_with_those_that_there_are():
    with pytest.raises(InvalidInputError, match="called R9; there are R0, R1, R2"):
        chosen_scenarios("R9", SCENARIOS)


def test_the_table_shows_every_count_whole_on_a_narrow_screen():
    run = [make_result("R1", Harm.LOST, recoveries_s=(61.25,), accepted=1234)]
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(result_table(run, "A run"))
    shown = console.export_text()
    assert "…" not in shown
    row = next(line.split() for line in shown.splitlines() if "all" in line)
    assert row == ["all", "1235", "1234", "1", "0", "0", "1", "61.2", "1.5"]
