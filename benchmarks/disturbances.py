"""How much of the sorting holds when arm, camera, light or table are not what they should be.

python -m benchmarks.disturbances --scenes 40 --seed 7000 --json runs/disturbances.json \
    --png docs/images/disturbances.png --calibrated

Points that the file of --json holds already are not measured again.
"""

from __future__ import annotations

import json as json_format
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.disturbance_chart import save_chart
from benchmarks.disturbance_curves import (
    CURVES,
    Curve,
    Point,
    cost,
    point_from_document,
    point_from_results,
    point_key,
    verdict,
)
from cli.bench import SortOptions
from cli.parallel import Job, TableSorter, table_sorter
from cli.programs import n_cores
from cli.report import write_json
from cli.tables import KindSet, TableSettings, kinds_from_text
from robot.disturbances import Disturbances
from sorter.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class Wanted:
    """A point that is to be measured."""

    name: str
    value: float
    disturbances: Disturbances
    is_calibrated: bool = False

    @property
    def key(self) -> str:
        """Return the point's key."""
        return point_key(self.name, self.value, is_calibrated=self.is_calibrated)


def main(
    scenes: Annotated[int, typer.Option(help="Tables a point.", min=1)] = 40,
    seed: Annotated[int, typer.Option(help="Of the first table.", min=0)] = 7000,
    kinds: Annotated[str, typer.Option(help="known to the models, new to them, or all.")] = "known",
    kinds_per_scene: Annotated[str, typer.Option(help="A number, or a range.")] = "2-4",
    only: Annotated[str, typer.Option(help="Names of disturbances, with commas between.")] = "",
    calibrated: Annotated[
        bool, typer.Option("--calibrated", help="Measure arms that were calibrated first, too.")
    ] = False,
    detector: Annotated[str, typer.Option(help="Folder of the detector's package.")] = "",
    embedder: Annotated[str, typer.Option(help="Folder of the embedder's package.")] = "",
    workers: Annotated[int | None, typer.Option(help="Processes.", min=1)] = None,
    json: Annotated[Path, typer.Option(help="Keep every point's numbers here.")] = Path(
        "runs/disturbances.json"
    ),
    png: Annotated[Path | None, typer.Option(help="Draw the curves here.")] = None,
) -> None:
    """Sort the same tables under one disturbance after the other, from weak to strong.

    A disturbance holds if at its limit it costs less than 5 points of the items right, or plans
    warn of it. The numbers are the same for any number of workers.
    """
    console = Console(highlight=False)
    least, most = kinds_from_text(kinds_per_scene)
    tables = TableSettings(
        seed, n_kinds=least, most_kinds=most, n_containers=None, kind_set=KindSet(kinds)
    )
    settings = {
        "tables": tables.document(),
        "scenes": scenes,
        "detector": detector,
        "embedder": embedder,
    }
    curves = _curves_named(only)
    wanted = wanted_points(curves, with_calibrated=calibrated)
    points = load_points(json, settings)
    with table_sorter((detector, embedder), workers or n_cores()) as sorter:
        for number, one in enumerate(wanted, start=1):
            if one.key not in points:
                told = f"{number} of {len(wanted)}: {one.key}"
                points[one.key] = _measure(one, tables, scenes, sorter, console, told)
                save_points(json, settings, points)
    console.print(limits_table(curves, points))
    if png is not None:
        save_chart(points, png)


def _measure(
    wanted: Wanted,
    tables: TableSettings,
    n_scenes: int,
    sorter: TableSorter,
    console: Console,
    told: str,
) -> Point:
    disturbed = replace(tables, disturbances=wanted.disturbances)
    options = SortOptions(is_calibrated=wanted.is_calibrated)
    jobs = [Job(disturbed, number, options) for number in range(n_scenes)]
    results = list(track(sorter.sort_all(jobs), told, total=n_scenes, console=console))
    return point_from_results(
        wanted.name, wanted.value, results, is_calibrated=wanted.is_calibrated
    )


def wanted_points(curves: tuple[Curve, ...], *, with_calibrated: bool) -> list[Wanted]:
    """Return the points to be measured: none, then each curve, plain and perhaps calibrated."""
    return list(_wanted(curves, with_calibrated=with_calibrated))


def _wanted(curves: tuple[Curve, ...], *, with_calibrated: bool) -> Iterator[Wanted]:
    for is_calibrated in (False, True) if with_calibrated else (False,):
        yield Wanted("none", 0.0, Disturbances(), is_calibrated)
        for curve in curves:
            if curve.can_calibrate or not is_calibrated:
                for value in curve.values:
                    yield Wanted(curve.name, value, curve.disturbances(value), is_calibrated)


def _curves_named(text: str) -> tuple[Curve, ...]:
    names = {name.strip() for name in text.split(",") if name.strip()}
    unknown = names - {curve.name for curve in CURVES}
    if unknown:
        raise InvalidInputError(f"no curve is called {', '.join(sorted(unknown))}")
    return tuple(curve for curve in CURVES if not names or curve.name in names)


def load_points(file: Path, settings: dict[str, Any]) -> dict[str, Point]:
    """Return the points that a file holds, none where there is no file.

    Raises:
        InvalidInputError: They were measured otherwise.
    """
    if not file.exists():
        return {}
    document = json_format.loads(file.read_text(encoding="utf-8"))
    if document["settings"] != settings:
        raise InvalidInputError(f"{file} holds points of other settings; name another file")
    return {key: point_from_document(one) for key, one in document["points"].items()}


def save_points(file: Path, settings: dict[str, Any], points: dict[str, Point]) -> None:
    """Write all points down."""
    documents = {key: point.document() for key, point in points.items()}
    write_json(file, {"settings": settings, "points": documents})


def limits_table(curves: tuple[Curve, ...], points: dict[str, Point]) -> Table:
    """Return what each disturbance costs at its limit, calibrated arms below the others."""
    none = points["none=0"]
    table = Table(
        title=f"At the limits; undisturbed {none.right_rate:.1%} right, {none.flagged:.0%} flagged",
        title_justify="left",
    )
    for name in ("", "items right", "costs", "picks that hit", "flagged", "verdict"):
        table.add_column(name, justify="right" if name else "left", no_wrap=True)
    for curve in curves:
        for is_calibrated in (False, True):
            point = points.get(point_key(curve.name, curve.limit, is_calibrated=is_calibrated))
            if point is not None:
                lost, error = cost(point, none)
                table.add_row(
                    point.key,
                    f"{point.right_rate:.1%}",
                    f"{100 * lost:.1f} ± {100 * error:.1f}",
                    f"{point.hit_rate:.1%}",
                    f"{point.flagged:.0%}",
                    verdict(point, none),
                )
    return table


if __name__ == "__main__":
    typer.run(main)
