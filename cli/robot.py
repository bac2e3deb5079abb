"""The command ``sorterbot robot``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

EPILOG = """
**Examples**

  $ sorterbot robot --gateway http://127.0.0.1:8000 --arm ARM001=sb_4f0c2a9be1d7_...

  $ sorterbot robot --gateway https://sorter.example --arm A=@a.key --arm B=@b.key --sessions 20

**While the gateway is away**

A picture is on this machine's disk, under --spool, before it is sent, and leaves it only when
the gateway has said that it has kept these very bytes. The arm goes on photographing, tries
again with growing pauses until --patience ends, and delivers what an earlier run left behind.

**Exit status**

0 when every session was sorted and carried out; 1 with one sentence where one was not.
"""


def robot(
    gateway: Annotated[str, typer.Option(help="Address of the gateway.", metavar="URL")],
    arm: Annotated[
        list[str],
        typer.Option(
            help="An arm and its bearer key, or @ and a file that holds it; may be given "
            "several times, and all arms work at once.",
            metavar="NAME=KEY",
        ),
    ],
    sessions: Annotated[
        int, typer.Option(help="Tables that each arm sorts, one after the other.", min=1)
    ] = 1,
    seed: Annotated[int, typer.Option(help="Of the first table.", min=0)] = 0,
    items: Annotated[int, typer.Option(help="Things that lie free on each table.", min=0)] = 12,
    kinds: Annotated[int, typer.Option(help="Different kinds of things.", min=1)] = 3,
    containers: Annotated[int, typer.Option(help="Containers to sort into.", min=0)] = 3,
    patience: Annotated[
        float, typer.Option(help="Seconds to wait for a gateway that is away.", min=0)
    ] = 600.0,
    spool: Annotated[Path, typer.Option(help="Folder where pictures wait for the gateway.")] = Path(
        "runs/robot-spool"
    ),
    json: Annotated[
        Path | None, typer.Option(help="Write the result to this file, for machines.")
    ] = None,
) -> None:
    """Let any number of virtual arms photograph, post and sort, against any gateway.

    Each arm registers its geometry, photographs a virtual table of its own, posts the pictures,
    waits for the plan, carries it out, and tells the gateway what it managed.
    """
    from rich.console import Console

    from cli.demo import run_shown
    from cli.fleet import FleetSettings
    from cli.report import score_document, session_row, write_json
    from cli.show import score_table
    from cli.tables import TableSettings
    from robot.retrying import Patience

    began_s = time.monotonic()
    console = Console(highlight=False)
    tables = TableSettings(seed, items, kinds, containers)
    keys = keys_from_texts(arm)
    fleet = FleetSettings(gateway, keys, tables, sessions, spool, Patience(total_s=patience))
    reports = [clearing.passes[0] for clearing in run_shown(fleet, console)]
    rows = [
        (f"{report.plan['arm_id']} table {seed + number}", report.score)
        for number, report in enumerate(reports)
    ]
    console.print(score_table(rows, "What truly happened"))
    if json is not None:
        result = score_document((score for _, score in rows), time.monotonic() - began_s)
        write_json(json, {**result, "rows": [session_row(report) for report in reports]})


def keys_from_texts(texts: list[str]) -> dict[str, str]:
    """Return each arm's key from what stands behind ``--arm``.

    Raises:
        typer.BadParameter: A text is not NAME=KEY, names an arm twice, or a file is missing.
    """
    keys: dict[str, str] = {}
    for text in texts:
        arm_id, _, key = text.partition("=")
        if not arm_id or not key or arm_id in keys:
            raise typer.BadParameter(f"--arm takes NAME=KEY, each name once, not {text!r}")
        keys[arm_id] = _key_from_file(Path(key[1:])) if key.startswith("@") else key
    return keys


def _key_from_file(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise typer.BadParameter(f"the key's file cannot be read: {error}") from error
