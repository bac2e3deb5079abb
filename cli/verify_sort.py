"""The command ``sorterbot verify sort``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.models import Detector, model_environment

if TYPE_CHECKING:
    from rich.console import Console

    from cli.bench import SortOptions, TableResult
    from cli.tables import TableSettings

SORT_EPILOG = """
**Examples**

  $ sorterbot verify sort --scenes 200 --kinds-per-scene 2-4

  $ sorterbot verify sort --scenes 50 --seed 5000 --kinds new --until-clear --json runs/sort.json

  $ sorterbot verify sort --scenes 20 --disturb radius=0.03,servo=4 --min-right 0.9

  $ sorterbot verify sort --scenes 20 --disturb roll=3,distortion=-0.1 --calibrated

  $ sorterbot verify sort --scenes 5 --through-stack

**What counts as right**

A container that holds things at the start is for their kind. Every other container is given at
most one of the other kinds, and each of those at most one container, such that most items are
right. An item is right if it lies in its kind's container. Items that lay in a container from the
start count neither way, except when a pick takes one out.

**What --disturb takes**

The arm knows of none of these; signs and places are drawn by the seed.

- **radius=0.03** the true radius is 3% larger or smaller than the registered one
- **servo=4** each photograph, pick and drop happens that far aside: standard deviation, pulse width
- **roll=3** the camera is turned about its line of sight by that many degrees
- **distortion=-0.1** the lens bends: a point r half diagonals from the middle appears at
  r (1 - 0.1 r²)
- **light=0.4** lamps go off: from the third picture on that share of the light is left
- **lamp=2** from which picture on; half the light unless light says otherwise
- **missing=1** pictures that never come
- **unreadable=1** pictures whose bytes arrive broken
- **bumped=1** items that are pushed 60 to 150 pixels aside between two pictures

**Exit status**

0 when all tables were sorted, however well; 1 where a threshold was given and is missed.
"""

Scenes = Annotated[int, typer.Option(help="Tables to sort.", min=1)]
Seed = Annotated[int, typer.Option(help="Of the first table; the n-th has this plus n.", min=0)]
Kinds = Annotated[
    str,
    typer.Option(
        help="Kinds that models were trained on (known), never met (new), or all.",
        metavar="known|new|all",
    ),
]
KindsPerScene = Annotated[
    str, typer.Option(help="Different kinds on each table, or a range.", metavar="N|N-M")
]
Items = Annotated[int, typer.Option(help="Things that lie free on each table.", min=0)]
Containers = Annotated[
    int | None, typer.Option(help="Containers on each table.", min=0, show_default="one a kind")
]
Contained = Annotated[
    int, typer.Option(help="Things that lie in their kind's container already.", min=0)
]
Touching = Annotated[
    float, typer.Option(help="Share of items that touch another one.", min=0, max=1)
]
Covered = Annotated[
    float, typer.Option(help="Share of items partly under another one.", min=0, max=1)
]
Clutter = Annotated[
    int, typer.Option(help="Most things that are neither item nor container.", min=0)
]
Disturb = Annotated[str, typer.Option(help="What goes wrong; see below.", metavar="NAME=VALUE,...")]
UntilClear = Annotated[
    bool,
    typer.Option("--until-clear", help="Sort each table again until nothing more can be done."),
]
Calibrated = Annotated[
    bool,
    typer.Option(
        "--calibrated", help="Calibrate each arm first, by what it sees on another table."
    ),
]
LeaveUnsure = Annotated[
    bool,
    typer.Option("--leave-unsure", help="Leave items on the table that may belong elsewhere."),
]
Method = Annotated[
    str, typer.Option(help="How alike items are grouped: kmeans, spherical, agglomerative.")
]
Workers = Annotated[
    int | None,
    typer.Option(
        help="Processes at work; the result is the same.", min=1, show_default="one a core"
    ),
]
ThroughStack = Annotated[
    bool,
    typer.Option(
        "--through-stack", help="Send everything through a gateway and queues of its own."
    ),
]
Embedder = Annotated[
    str,
    typer.Option(
        envvar="SORTERBOT_EMBEDDER",
        help="Folder of the embedder's package, or imagenet.",
        show_default="the shipped one",
    ),
]
MinRight = Annotated[float, typer.Option(help="Share of items that must be right.", min=0, max=1)]
MinHit = Annotated[float, typer.Option(help="Share of picks that must hit.", min=0, max=1)]
Json = Annotated[Path | None, typer.Option(help="Write the result to this file, for machines.")]


def sort(
    scenes: Scenes = 50,
    seed: Seed = 5000,
    kinds: Kinds = "known",
    kinds_per_scene: KindsPerScene = "2-4",
    items: Items = 12,
    containers: Containers = None,
    contained: Contained = 2,
    touching: Touching = 0.15,
    covered: Covered = 0.08,
    clutter: Clutter = 4,
    disturb: Disturb = "",
    until_clear: UntilClear = False,
    calibrated: Calibrated = False,
    leave_unsure: LeaveUnsure = False,
    clustering: Method = "kmeans",
    workers: Workers = None,
    through_stack: ThroughStack = False,
    detector: Detector = "",
    embedder: Embedder = "",
    min_right: MinRight = 0.0,
    min_hit: MinHit = 0.0,
    json: Json = None,
) -> None:
    """Sort virtual tables and judge the result by the ground truth.

    Renders each table, photographs it, finds, groups and plans, lets the virtual arm carry the
    commands out, and looks where everything ended. `sorterbot demo --seed S` shows the table of
    seed S, given the same numbers of things.
    """
    from cli.bench import SortOptions
    from cli.tables import KindSet, TableSettings, choice_from_text, kinds_from_text
    from robot.disturbances import disturbances_from_text
    from sorter.types import Clustering

    least, most = kinds_from_text(kinds_per_scene)
    tables = TableSettings(
        seed,
        items,
        least,
        containers,
        contained,
        most,
        choice_from_text(KindSet, kinds),
        touching,
        covered,
        clutter,
        disturbances_from_text(disturb),
        leave_unsure,
    )
    method = choice_from_text(Clustering, clustering)
    options = SortOptions(until_clear, method, is_calibrated=calibrated)
    models = (detector, embedder)
    result = _sort(tables, scenes, models, options, workers, through_stack=through_stack, json=json)
    check_thresholds(result, min_right, min_hit)


def _sort(
    tables: TableSettings,
    n_scenes: int,
    models: tuple[str, str],
    options: SortOptions,
    n_workers: int | None,
    *,
    through_stack: bool,
    json: Path | None,
) -> dict[str, Any]:
    """Sort the tables, tell what came of it, and write it to ``json``."""
    from rich.console import Console

    from cli.report import score_document, tables_document, write_json
    from sorter.errors import InvalidInputError

    if options.is_calibrated and through_stack:
        raise InvalidInputError("--calibrated is measured in one process, not --through-stack")
    began_s = time.monotonic()
    console = Console(highlight=False)
    if through_stack:
        results = _sort_through_stack(tables, n_scenes, models, options, console)
    else:
        results = _sort_in_process(tables, n_scenes, models, options, n_workers, console)
    rows, scores = [one.row for one in results], [one.score for one in results]
    result = {
        **score_document(scores, time.monotonic() - began_s),
        **tables_document(rows, scores, [one.first_score for one in results]),
    }
    _tell(results, result, options, console)
    if json is not None:
        settings = {"tables": tables.document(), "options": options.document()}
        write_json(json, {"seed": tables.seed, **settings, **result, "rows": rows})
    return result


def _sort_in_process(
    tables: TableSettings,
    n_scenes: int,
    models: tuple[str, str],
    options: SortOptions,
    n_workers: int | None,
    console: Console,
) -> list[TableResult]:
    from rich.progress import track

    from cli.parallel import Job, table_sorter
    from cli.programs import n_cores

    n_workers = min(n_workers or n_cores(), n_scenes)
    jobs = [Job(tables, number, options) for number in range(n_scenes)]
    with table_sorter(models, n_workers) as sorter:
        results = sorter.sort_all(jobs)
        return list(track(results, "Sorting tables", total=n_scenes, console=console))


def _sort_through_stack(
    tables: TableSettings,
    n_scenes: int,
    models: tuple[str, str],
    options: SortOptions,
    console: Console,
) -> list[TableResult]:
    from tempfile import TemporaryDirectory

    from cli.bench import table_result
    from cli.demo import run_on_own_stack

    others = {"SORTERBOT_EMBEDDER": models[1], "SORTERBOT_CLUSTERING": str(options.clustering)}
    chosen = {name: text for name, text in others.items() if text}
    environment = {**model_environment(models[0]), **chosen}
    with TemporaryDirectory(prefix="sorterbot-") as folder:
        clearings = run_on_own_stack(
            tables,
            1,
            n_scenes,
            Path(folder),
            console,
            environment,
            until_clear=options.until_clear,
        )
    return [table_result(one, tables.seed + number) for number, one in enumerate(clearings)]


def _tell(
    results: list[TableResult], result: dict[str, Any], options: SortOptions, console: Console
) -> None:
    from cli.show import clearing_sentences, score_table

    rows = [(f"table {one.row['seed']}", one.score) for one in results]
    console.print(score_table(rows, f"{len(rows)} tables in {result['seconds']:.0f} s"))
    for sentence in clearing_sentences(result, until_clear=options.until_clear):
        console.print(sentence)


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
