"""Our decisions against the original's rules, paired on the same detections and embeddings.

python -m benchmarks.decisions --scenes 100 --seed 6000 --json runs/decisions.json --workers 2
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.paired_chart import save_chart
from benchmarks.paired_scene import PairedRow, compare_on
from benchmarks.paired_summary import Comparison, compare_all, grouping_shares, summary_document
from benchmarks.scene_cache import NetworkEyes, SceneCache
from cli.report import write_json
from cli.tables import KindSet, TableSettings, kinds_from_text


@dataclass(frozen=True, slots=True)
class Job:
    """One table to sort twice."""

    tables: TableSettings
    number: int
    cache: SceneCache

    def done(self) -> PairedRow:
        """See the table, or remember it, and compare."""
        return compare_on(self.tables, self.number, self.cache.load(self.tables, self.number))


def main(
    scenes: Annotated[int, typer.Option(help="Tables to sort.", min=1)] = 100,
    seed: Annotated[int, typer.Option(help="Of the first table.", min=0)] = 6000,
    kinds: Annotated[str, typer.Option(help="known to the models, new to them, or all.")] = "known",
    kinds_per_scene: Annotated[str, typer.Option(help="A number, or a range.")] = "2-4",
    items: Annotated[int, typer.Option(help="Things that lie free on each table.")] = 12,
    contained: Annotated[int, typer.Option(help="Things in containers already.")] = 2,
    touching: Annotated[float, typer.Option(help="Share of items that touch another.")] = 0.15,
    covered: Annotated[float, typer.Option(help="Share of items partly under another.")] = 0.08,
    clutter: Annotated[int, typer.Option(help="Most things that are no items.")] = 4,
    detector: Annotated[str, typer.Option(help="Folder of the detector's package.")] = "",
    embedder: Annotated[str, typer.Option(help="Folder of the embedder's package.")] = "",
    cache: Annotated[Path, typer.Option(help="Folder that keeps what the networks saw.")] = Path(
        "runs/scenes"
    ),
    workers: Annotated[int, typer.Option(help="Processes.", min=1)] = 2,
    json: Annotated[Path | None, typer.Option(help="Write every table's numbers here.")] = None,
    png: Annotated[Path | None, typer.Option(help="Draw the pairs here.")] = None,
) -> None:
    """Sort virtual tables by our decisions and by the original's rules, and compare in pairs.

    Either sorts the same detections and embeddings; the virtual arm carries both plans out from
    the same start. The numbers are the same for any number of workers.
    """
    console = Console(highlight=False)
    least_kinds, most_kinds = kinds_from_text(kinds_per_scene)
    tables = TableSettings(
        seed,
        items,
        least_kinds,
        None,
        contained,
        most_kinds,
        KindSet(kinds),
        touching,
        covered,
        clutter,
    )
    seen_by = SceneCache(cache, NetworkEyes(detector, embedder))
    jobs = [Job(tables, number, seen_by) for number in range(scenes)]
    found = track(_rows(jobs, workers), "Sorting twice", total=len(jobs), console=console)
    rows = list(found)
    _tell(rows, console)
    if json is not None:
        document = {"seed": seed, **summary_document(rows)}
        write_json(json, {**document, "rows": [row.document() for row in rows]})
    if png is not None:
        save_chart(rows, png)


def _rows(jobs: list[Job], n_workers: int) -> Iterator[PairedRow]:
    if n_workers == 1:
        yield from map(Job.done, jobs)
        return
    # Not forked: threads that a network's library has started do not survive that.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(n_workers, context) as pool:
        yield from pool.map(Job.done, jobs)


def _tell(rows: list[PairedRow], console: Console) -> None:
    table = Table(
        title=f"{len(rows)} tables, sorted twice", title_justify="left", header_style="bold"
    )
    for name in ("", "ours", "original", "better same worse", "p"):
        table.add_column(name, justify="right" if name else "left", no_wrap=True)
    for comparison in compare_all(rows):
        table.add_row(*_cells(comparison))
    table.caption = "Tables on which ours is better, the same or worse; p by the sign test."
    table.caption_justify = "left"
    console.print(table)
    failures = sum(row.original.failure is not None for row in rows)
    console.print(f"The original's rules failed on {failures} of {len(rows)} tables.")
    shares = [f"{way} {share:.1%}" for way, share in grouping_shares(rows).items()]
    console.print(f"Items in their kind's group, of the same embeddings: {', '.join(shares)}.")


def _cells(one: Comparison) -> tuple[str, ...]:
    alike = one.tables - one.better - one.worse
    tables = f"{one.better:4} {alike:6} {one.worse:5}"
    return (one.measure, f"{one.ours:.3f}", f"{one.original:.3f}", tables, f"{one.p:.1e}")


if __name__ == "__main__":
    typer.run(main)
