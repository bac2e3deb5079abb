"""The command ``sorterbot demo``."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from cli.fleet import FleetSettings
    from cli.tables import TableSettings
    from robot.session import SessionReport

EPILOG = """
**Examples**

  $ sorterbot demo

  $ sorterbot demo --seed 7 --items 16 --kinds 4 --containers 4 --out runs/four-kinds

  $ sorterbot demo --arms 3 --sessions 2 --json runs/demo.json

**What it leaves behind**

In the folder of --out, for each session: every photograph with what was found in it, a map of
the table with an arrow from each item to its container, numbered in order, and the table before
and after. Beside them `stack/logs`, with all that the processes said.

**Exit status**

0 when everything ran, however well it sorted; 1 with one sentence when something did not run.
"""


def demo(
    seed: Annotated[
        int, typer.Option(help="Of the table, the things on it and the light.", min=0)
    ] = 0,
    items: Annotated[int, typer.Option(help="Things that lie free on the table.", min=0)] = 12,
    kinds: Annotated[int, typer.Option(help="Different kinds of things.", min=1)] = 3,
    containers: Annotated[int, typer.Option(help="Containers to sort into.", min=0)] = 3,
    arms: Annotated[int, typer.Option(help="Arms that work at once.", min=1, max=50)] = 1,
    sessions: Annotated[
        int, typer.Option(help="Tables that each arm sorts, one after the other.", min=1)
    ] = 1,
    json: Annotated[
        Path | None, typer.Option(help="Write the result to this file, for machines.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the pictures.", show_default="runs/demo-DATE-TIME"),
    ] = None,
) -> None:
    """Watch a virtual arm sort a table, from the first photograph to the last drop.

    Starts the whole of SorterBot on this machine, lets virtual arms photograph virtual tables
    and post the pictures, carries out the commands that come back, judges the result by the
    ground truth, draws it, and stops everything again. Nothing but Python is needed.
    """
    from rich.console import Console

    from cli.tables import TableSettings

    began_s = time.monotonic()
    console = Console(highlight=False)
    tables = TableSettings(seed, items, kinds, containers)
    out = out or Path("runs") / f"demo-{datetime.now():%Y%m%d-%H%M%S}"
    reports = run_on_own_stack(tables, arms, sessions, out, console)
    _tell_result(reports, tables, console)
    files = _draw(reports, out, console)
    result = _result(reports, files, time.monotonic() - began_s)
    if json is not None:
        from cli.report import write_json

        write_json(json, {"seed": seed, "arms": arms, **result})
        files.append(json)
    console.print("\nSee for yourself:")
    for file in files:
        console.print(f"  {file}", soft_wrap=True)
    console.print(f"\nEverything has stopped, after {result['seconds']:.0f} s.")


def run_on_own_stack(
    tables: TableSettings,
    n_arms: int,
    n_sessions: int,
    out: Path,
    console: Console,
    environment: Mapping[str, str] | None = None,
) -> list[SessionReport]:
    """Start a stack in a folder, run arms against it, show how it goes, and stop it again."""
    from cli.fleet import FleetSettings
    from cli.stack import LocalStack, StackSettings
    from robot.retrying import Patience

    for number in range(n_arms * n_sessions):
        tables.lay(number)  # what has no room is told before anything starts
    settings = StackSettings(
        out / "stack",
        port=0,
        is_durable=False,
        keeps_data=False,
        environment=environment or {},
    )
    stack = LocalStack(settings)
    try:
        with console.status("Starting gateway, queues, workers and database ..."):
            stack.start()
        console.print(f"Gateway, queues, workers and database run ({stack.gateway_url}).")
        keys = {arm_id: stack.make_key(arm_id) for arm_id in _arm_ids(n_arms)}
        fleet = FleetSettings(
            stack.gateway_url, keys, tables, n_sessions, out / "spool", Patience(total_s=60.0)
        )
        return run_shown(fleet, console)
    finally:
        with console.status("Stopping ..."):
            stack.stop()


def _arm_ids(n_arms: int) -> list[str]:
    return [f"ARM{number:03}" for number in range(1, n_arms + 1)]


def run_shown(fleet: FleetSettings, console: Console) -> list[SessionReport]:
    """Run a fleet and show its progress."""
    from cli.fleet import run_fleet
    from cli.show import ProgressWatcher, make_progress

    with make_progress(console) as progress:
        return run_fleet(
            fleet,
            lambda arm_id, table: ProgressWatcher(
                progress, f"{arm_id} table {fleet.tables.seed + table}"
            ),
        )


def _tell_result(reports: list[SessionReport], tables: TableSettings, console: Console) -> None:
    from cli.show import aside_sentence, commands_table, score_table

    for number, report in enumerate(reports):
        title = f"Commands for {report.plan['arm_id']} at table {tables.seed + number}"
        console.print(commands_table(report, title))
        if sentence := aside_sentence(report):
            console.print(sentence)
    rows = [(f"table {tables.seed + n}", report.score) for n, report in enumerate(reports)]
    console.print(score_table(rows, "What truly happened"))


def _draw(reports: list[SessionReport], out: Path, console: Console) -> list[Path]:
    from cli.pictures import save_pictures

    files: list[Path] = []
    with console.status("Drawing ..."):
        for number, report in enumerate(reports, start=1):
            folder = out if len(reports) == 1 else out / f"session-{number}"
            files += save_pictures(report, folder)
    return files


def _result(reports: list[SessionReport], files: list[Path], seconds: float) -> dict[str, Any]:
    from cli.report import score_document, session_row

    return {
        **score_document([report.score for report in reports], seconds),
        "rows": [session_row(report) for report in reports],
        "files": [str(file) for file in files],
    }
