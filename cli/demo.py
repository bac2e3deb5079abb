"""The command ``sorterbot demo``."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.models import Detector, ScoreThreshold, model_environment

if TYPE_CHECKING:
    from rich.console import Console

    from cli.fleet import FleetSettings
    from cli.tables import TableSettings
    from robot.clearing import Clearing

EPILOG = """
**Examples**

  $ sorterbot demo

  $ sorterbot demo --seed 7 --items 16 --kinds 4 --containers 4 --out runs/four-kinds

  $ sorterbot demo --arms 3 --sessions 2 --json runs/demo.json

  $ sorterbot demo --detector runs/detectron2/package

  $ sorterbot demo --until-clear

**What it leaves behind**

In the folder of --out, for each session: every photograph with what was found in it, a map of
the table with an arrow from each item to its container, numbered in order, and the table before
and after; with --until-clear a folder for each pass. Beside them `stack/logs`, with all that the
processes said.

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
    until_clear: Annotated[
        bool,
        typer.Option("--until-clear", help="Sort each table again until nothing more can be done."),
    ] = False,
    detector: Detector = "",
    score_threshold: ScoreThreshold = None,
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
    models = model_environment(detector, score_threshold)
    clearings = run_on_own_stack(
        tables, arms, sessions, out, console, models, until_clear=until_clear
    )
    for number, clearing in enumerate(clearings):
        _tell_table(clearing, tables.seed + number, console)
    _tell_result(clearings, tables.seed, console)
    files = _draw(clearings, out, console, until_clear=until_clear)
    result = _result(clearings, tables.seed, files, time.monotonic() - began_s)
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
    *,
    until_clear: bool = False,
) -> list[Clearing]:
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
        console.print(f"Watch it in the console: {stack.console_address}", soft_wrap=True)
        keys = {arm_id: stack.make_key(arm_id) for arm_id in _arm_ids(n_arms)}
        fleet = FleetSettings(
            stack.gateway_url,
            keys,
            tables,
            n_sessions,
            out / "spool",
            Patience(total_s=60.0),
            until_clear=until_clear,
        )
        return run_shown(fleet, console)
    finally:
        with console.status("Stopping ..."):
            stack.stop()


def _arm_ids(n_arms: int) -> list[str]:
    return [f"ARM{number:03}" for number in range(1, n_arms + 1)]


def run_shown(fleet: FleetSettings, console: Console) -> list[Clearing]:
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


def _tell_table(clearing: Clearing, seed: int, console: Console) -> None:
    from cli.show import aside_sentence, commands_table, left_sentence

    for number, report in enumerate(clearing.passes, start=1):
        which = f", pass {number}" if len(clearing.passes) > 1 else ""
        title = f"Commands for {report.plan['arm_id']} at table {seed}{which}"
        if report.plan["commands"]:
            console.print(commands_table(report, title))
        else:
            console.print(f"{title}: nothing more can be done.")
        if sentence := aside_sentence(report):
            console.print(sentence)
    if sentence := left_sentence(clearing):
        console.print(sentence)


def _tell_result(clearings: list[Clearing], seed: int, console: Console) -> None:
    from cli.show import score_table

    rows = [(f"table {seed + n}", clearing.score) for n, clearing in enumerate(clearings)]
    console.print(score_table(rows, "What truly happened"))
    for number, clearing in enumerate(clearings):
        if len(clearing.passes) > 1:
            first, last = clearing.first_score, clearing.score
            console.print(
                f"Table {seed + number}: {first.items_right} of {first.items} right after the "
                f"first pass, {last.items_right} after all {len(clearing.passes)}; the arm would "
                f"have taken {clearing.arm_s:.0f} s."
            )


def _draw(
    clearings: list[Clearing], out: Path, console: Console, *, until_clear: bool
) -> list[Path]:
    from cli.pictures import save_pictures

    files: list[Path] = []
    with console.status("Drawing ..."):
        for number, clearing in enumerate(clearings, start=1):
            folder = out if len(clearings) == 1 else out / f"session-{number}"
            for number_of_pass, report in enumerate(clearing.passes, start=1):
                pass_folder = folder / f"pass-{number_of_pass}" if until_clear else folder
                files += save_pictures(report, pass_folder)
    return files


def _result(
    clearings: list[Clearing], seed: int, files: list[Path], seconds: float
) -> dict[str, Any]:
    from cli.report import clearing_row, score_document, session_row

    return {
        **score_document([clearing.score for clearing in clearings], seconds),
        "rows": [session_row(report) for clearing in clearings for report in clearing.passes],
        "tables": [clearing_row(clearing, seed + n) for n, clearing in enumerate(clearings)],
        "files": [str(file) for file in files],
    }
