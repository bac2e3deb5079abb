"""The command ``sorterbot verify``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from cli.tables import TableSettings
    from robot.judge import Score

EPILOG = """
**Examples**

  $ sorterbot verify sort --scenes 50 --seed 5000 --kinds-per-scene 3

  $ sorterbot verify sort --scenes 5 --through-stack --json runs/sort.json

  $ sorterbot verify sort --min-right 0.9 --min-hit 0.95
"""

SORT_EPILOG = """
**What counts as right**

Each container is given at most one kind and each kind at most one container, such that most
items are right; an item is right if it then lies in its kind's container. Items that lay in a
container from the start count neither way, except when a pick takes one out.

**Exit status**

0 when all tables were sorted, however well; 1 where a threshold was given and is missed.
"""

app = typer.Typer(
    help="Measure how well whole tables are sorted.", epilog=EPILOG, no_args_is_help=True
)


@app.callback()
def _verify() -> None:
    """Measure how well whole tables are sorted."""


@app.command(epilog=SORT_EPILOG)
def sort(
    scenes: Annotated[int, typer.Option(help="Tables to sort.", min=1)] = 50,
    seed: Annotated[
        int, typer.Option(help="Of the first table; the n-th has this plus n.", min=0)
    ] = 5000,
    kinds_per_scene: Annotated[
        int, typer.Option(help="Different kinds of things on each table.", min=1)
    ] = 3,
    items: Annotated[int, typer.Option(help="Things that lie free on each table.", min=0)] = 12,
    containers: Annotated[
        int | None,
        typer.Option(help="Containers on each table.", min=0, show_default="one a kind"),
    ] = None,
    contained: Annotated[
        int, typer.Option(help="Things that lie in containers already.", min=0)
    ] = 2,
    through_stack: Annotated[
        bool,
        typer.Option(
            "--through-stack", help="Send everything through a gateway and queues of its own."
        ),
    ] = False,
    detector: Annotated[
        str,
        typer.Option(
            envvar="SORTERBOT_DETECTOR",
            help="Folder of the detector's package.",
            show_default="the shipped one",
        ),
    ] = "",
    embedder: Annotated[
        str,
        typer.Option(
            envvar="SORTERBOT_EMBEDDER",
            help="Folder of the embedder's package, or imagenet.",
            show_default="the shipped one",
        ),
    ] = "",
    min_right: Annotated[
        float, typer.Option(help="Share of items that must be right.", min=0, max=1)
    ] = 0.0,
    min_hit: Annotated[
        float, typer.Option(help="Share of picks that must hit.", min=0, max=1)
    ] = 0.0,
    json: Annotated[
        Path | None, typer.Option(help="Write the result to this file, for machines.")
    ] = None,
) -> None:
    """Sort virtual tables and judge the result by the ground truth.

    Renders each table, photographs it, finds, groups and plans, lets the virtual arm carry the
    commands out, and looks where everything ended. `sorterbot demo --seed S` shows the table of
    seed S, given the same numbers of things.
    """
    from rich.console import Console

    from cli.report import score_document, write_json
    from cli.tables import TableSettings

    began_s = time.monotonic()
    console = Console(highlight=False)
    n_containers = kinds_per_scene if containers is None else containers
    tables = TableSettings(seed, items, kinds_per_scene, n_containers, contained)
    sort_all = _sort_through_stack if through_stack else _sort_in_process
    rows = sort_all(tables, scenes, (detector, embedder), console)
    scores = [score for score, _ in rows]
    result = score_document(scores, time.monotonic() - began_s)
    _tell(scores, tables, result["seconds"], console)
    if json is not None:
        write_json(json, {"seed": seed, **result, "rows": [row for _, row in rows]})
    check_thresholds(result, min_right, min_hit)


def _sort_in_process(
    tables: TableSettings, n_scenes: int, models: tuple[str, str], console: Console
) -> list[tuple[Score, dict[str, Any]]]:
    from rich.progress import track

    from cli.bench import Networks, sort_table
    from vision.load import load_detector, load_embedder

    networks = Networks(load_detector(models[0]), load_embedder(models[1]))
    numbers = track(range(n_scenes), "Sorting tables", console=console)
    rows = [sort_table(tables, number, networks) for number in numbers]
    return [(row.score, row.document()) for row in rows]


def _sort_through_stack(
    tables: TableSettings, n_scenes: int, models: tuple[str, str], console: Console
) -> list[tuple[Score, dict[str, Any]]]:
    from tempfile import TemporaryDirectory

    from cli.demo import run_on_own_stack
    from cli.report import session_row

    names = ("SORTERBOT_DETECTOR", "SORTERBOT_EMBEDDER")
    environment = {name: text for name, text in zip(names, models, strict=True) if text}
    with TemporaryDirectory(prefix="sorterbot-") as folder:
        reports = run_on_own_stack(tables, 1, n_scenes, Path(folder), console, environment)
    return [
        (report.score, {"seed": tables.seed + number, **session_row(report)})
        for number, report in enumerate(reports)
    ]


def _tell(scores: list[Score], tables: TableSettings, seconds: float, console: Console) -> None:
    from cli.show import score_table

    rows = [(f"table {tables.seed + number}", score) for number, score in enumerate(scores)]
    console.print(score_table(rows, f"{len(rows)} tables in {seconds:.0f} s"))


def check_thresholds(result: dict[str, Any], min_right: float, min_hit: float) -> None:
    """Object where too little is right.

    Raises:
        SorterBotError: A threshold is missed.
    """
    from sorter.errors import SorterBotError

    if result["right_rate"] < min_right or result["hit_rate"] < min_hit:
        raise SorterBotError(
            f"{result['right_rate']:.1%} of items are right and {result['hit_rate']:.1%} of picks "
            f"hit, where {min_right:.1%} and {min_hit:.1%} are wanted"
        )
