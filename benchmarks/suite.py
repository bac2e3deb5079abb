"""All measurements of the service's speed, one after the other, and the page that tells of them.

python -m benchmarks.suite                  # 20 minutes on two quiet cores
python -m benchmarks.suite --only sort,scale
python -m benchmarks.suite --from-kept      # makes the page anew from the figures of earlier runs
python -m benchmarks.suite --quick          # two minutes: fails where something has become slow
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from benchmarks import memory, no_model, pipeline, quick, scale, sort
from benchmarks.charts import save_charts
from benchmarks.peers import comparison
from benchmarks.tables import with_tables
from cli.report import write_json
from sorter.errors import InvalidInputError, SorterBotError

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "performance.md"
IMAGES = ROOT / "docs" / "images"
KEPT = Path("runs/bench")

Bench = Callable[[Console], dict[str, Any]]

BENCHES: dict[str, Bench] = {
    "sort": lambda tell: sort.run((10, 100, 1_000, 10_000, 100_000), tell),
    "no_model": lambda tell: no_model.run(2000, 300_000, tell),
    "pipeline": lambda tell: pipeline.run(64, 3, 12, tell),
    "scale": lambda tell: scale.run((1, 2, 4, 8, 16), 15.0, 300_000, tell),
    "memory": lambda tell: memory.run(1000, 60, tell),
    "peers": lambda tell: comparison.run(400, Path("runs/peers"), tell),
}


def chosen(only: str) -> list[str]:
    """Return the benchmarks that a text names, all where it names none.

    Raises:
        InvalidInputError: There is no such benchmark.
    """
    names = [name.strip() for name in only.split(",") if name.strip()] or list(BENCHES)
    unknown = sorted(set(names) - set(BENCHES))
    if unknown:
        raise InvalidInputError(f"no benchmark is called {unknown[0]}; there are {list(BENCHES)}")
    return names


def run_all(
    names: Sequence[str], kept: Path, tell: Console, benches: Mapping[str, Bench] = BENCHES
) -> list[str]:
    """Run benchmarks, keep each one's document, and return the names of those that failed.

    What fails leaves the document of an earlier run as it is, and the others go on.
    """
    failed = []
    for name in names:
        tell.print(f"{name}:")
        began_s = time.monotonic()
        try:
            write_json(kept / f"{name}.json", benches[name](tell))
        except Exception as error:  # noqa: BLE001  # whatever it is, the others can be measured
            failed.append(name)
            tell.print(f"  failed: {error!r}", markup=False)
        tell.print(f"  took {time.monotonic() - began_s:.0f} s")
    return failed


def make_page(kept: Path, page: Path, images: Path) -> None:
    """Bring the page's tables and pictures up to the documents that are kept."""
    files = {name: kept / f"{name}.json" for name in BENCHES}
    documents = {
        name: json.loads(file.read_text()) for name, file in files.items() if file.exists()
    }
    page.write_text(with_tables(page.read_text(encoding="utf-8"), documents), encoding="utf-8")
    save_charts(documents, images)


def main(
    only: Annotated[str, typer.Option(help="Names with commas between.")] = "",
    kept: Annotated[Path, typer.Option(help="Holds each benchmark's figures.")] = KEPT,
    from_kept: Annotated[bool, typer.Option("--from-kept", help="Measure nothing.")] = False,
    is_quick: Annotated[bool, typer.Option("--quick", help="Ratios with limits only.")] = False,
) -> None:
    """Measure everything, and make tables and pictures of docs/performance.md anew."""
    tell = Console(highlight=False, soft_wrap=True)
    if is_quick:
        broken = quick.run(tell)
        if broken:
            raise SystemExit(f"slower than allowed: {', '.join(broken)}")
        return
    try:
        failed = [] if from_kept else run_all(chosen(only), kept, tell)
        make_page(kept, PAGE, IMAGES)
    except SorterBotError as error:
        raise SystemExit(str(error)) from error
    if failed:
        raise SystemExit(f"not measured: {', '.join(failed)}; their figures are of earlier runs")


if __name__ == "__main__":
    typer.run(main)
