"""What a person sees of a run, and what it writes down for machines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.faults.findings import Harm
from cli.faults.results import ScenarioResult, run_document
from cli.faults.runner import run_scenarios, site_maker
from cli.faults.scenario import Scenario
from cli.faults.settings import RunSettings
from cli.report import write_json

MOST_FINDINGS = 20
"""So many of a scenario's findings are shown; the file for machines has all of them."""

COLUMNS = {
    "attempted": "tried",
    "accepted": "accepted",
    **{str(harm): str(harm) for harm in Harm},
    "recovered": "recovered",
    "slowest_recovery_s": "slowest",
    "seconds": "s",
}
"""What the table has of the document, and what it calls it."""

NETWORKS = "stand-ins for both networks; all else is real"


def run_shown(
    scenarios: Sequence[Scenario], settings: RunSettings, console: Console
) -> list[ScenarioResult]:
    """Run scenarios and return what they came to, with a line on the screen for each."""
    results = []
    with console.status("Starting") as status:

        def say(sentence: str) -> None:
            status.update(escape(sentence))

        for result in run_scenarios(
            scenarios,
            settings,
            site_maker(settings, say),
            lambda one: say(f"{one.name} {one.title}"),
        ):
            console.print(escape(result_line(result)), soft_wrap=True)
            for finding in result.findings[:MOST_FINDINGS]:
                of = f" {finding.session_id}:" if finding.session_id else ""
                console.print(escape(f"    {finding.harm}:{of} {finding.sentence}"), soft_wrap=True)
            results.append(result)
    return results


def result_line(result: ScenarioResult) -> str:
    """Say in one line what a scenario came to."""
    harms = ", ".join(f"{result.count(harm)} {harm}" for harm in Harm)
    return f"{result.name:4} {result.accepted} accepted, {harms}, {result.seconds:.0f} s"


def list_table(scenarios: Sequence[Scenario]) -> Table:
    """Return what the scenarios do, as a table."""
    table = Table("name", "what is done")
    for scenario in scenarios:
        table.add_row(scenario.name, escape(scenario.title))
    return table


def result_table(results: Sequence[ScenarioResult], title: str) -> Table:
    """Return the counts of every scenario and of the run, as a table."""
    document = run_document(results)
    table = Table("", title=title, box=SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in COLUMNS.values():
        table.add_column(heading, justify="right")
    for row in document["scenarios"]:
        table.add_row(row["name"], *(_cell(row[column]) for column in COLUMNS))
    table.add_section()
    table.add_row("all", *(_cell(document[column]) for column in COLUMNS))
    return table


def _cell(value: object) -> str:
    return "-" if value is None else f"{value:.1f}" if isinstance(value, float) else str(value)


def tell(
    results: Sequence[ScenarioResult], settings: RunSettings, file: Path | None, console: Console
) -> None:
    """Print the counts, and write everything to a file where one is given.

    Raises:
        StorageFullError: The file cannot be written.
    """
    console.print(result_table(results, f"Seed {settings.seed}; {NETWORKS}"))
    if file is not None:
        write_json(file, {**settings.document(), "networks": NETWORKS, **run_document(results)})
