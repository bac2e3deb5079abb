"""How throughput grows with the number of GPU workers, whose networks sleep as a GPU would compute.

python -m benchmarks.scale --json runs/scale.json

A sleeping network takes no processor, so what is measured is everything that the workers share:
gateway, Redis, PostgreSQL, and the processor on which all of them and the workers' own Python run.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from benchmarks.detector import batches_from_text
from benchmarks.detector_machine import describe_machine
from benchmarks.load import Load
from benchmarks.load_pictures import save_heavy_pictures
from benchmarks.load_site import Measured, load_site
from cli.programs import n_cores
from cli.report import write_json

SLEEP_S = 0.05
ROBOTS_A_WORKER = 2
MOST_ROBOTS = 32
WARM_UP_A_WORKER = 4
ENVIRONMENT = {"SORTERBOT_MAX_BATCH": "1"}
"""One picture a call: each worker's ideal is then one picture in ``SLEEP_S``."""


def row_of(measured: Measured, n_workers: int) -> dict[str, Any]:
    """Return one number of workers' figures: throughput, its share of the ideal, who computed."""
    seconds = measured.n / measured.per_s
    cores = {name: round(cpu_s / seconds, 3) for name, cpu_s in measured.cpu_s.items()}
    ideal_per_s = n_workers / SLEEP_S
    return {
        "pictures_per_s": round(measured.per_s, 1),
        "fraction_of_ideal": round(measured.per_s / ideal_per_s, 3),
        "cores_by_process": cores,
        "cores_of_robots": round(measured.sent.cpu_s / seconds, 3),
        "cores_busy": round((sum(cores.values()) + measured.sent.cpu_s / seconds) / n_cores(), 3),
        "cpu_ms_per_picture": round(sum(measured.cpu_ms_a_picture().values()), 3),
    }


def measure(n_workers: int, seconds: float, n_bytes: int) -> dict[str, Any]:
    """Start so many workers and keep them busy for about so long, were they ideal."""
    n_robots = min(MOST_ROBOTS, ROBOTS_A_WORKER * n_workers)
    with (
        tempfile.TemporaryDirectory() as folder,
        load_site(
            f"stand-in:delay_s={SLEEP_S}", n_gpu_workers=n_workers, environment=ENVIRONMENT
        ) as site,
    ):
        files = save_heavy_pictures(Path(folder), 8, n_bytes)
        arms = site.arms(n_robots)

        def post(n: int) -> Measured:
            return site.measure(Load(site.stack.gateway_url, arms, files, [0.0] * n))

        post(WARM_UP_A_WORKER * n_workers)
        return row_of(post(max(10, int(n_workers * seconds / SLEEP_S))), n_workers)


def run(workers: Sequence[int], seconds: float, n_bytes: int, tell: Console) -> dict[str, Any]:
    """Measure each number of workers, one after the other."""
    rows = {}
    for n_workers in workers:
        rows[str(n_workers)] = row = measure(n_workers, seconds, n_bytes)
        tell.print(
            f"  {n_workers} workers: {row['pictures_per_s']:.0f} pictures/s, "
            f"{row['fraction_of_ideal']:.0%} of ideal, {row['cores_busy']:.0%} of all cores busy"
        )
    return {"scaling": rows, "sleep_s": SLEEP_S, "machine": describe_machine("cpu")}


def main(
    workers: Annotated[str, typer.Option(help="Numbers of workers.")] = "1,2,4,8,16",
    seconds: Annotated[float, typer.Option(help="Of work for each number.", min=0.1)] = 15.0,
    size: Annotated[int, typer.Option(help="Bytes of a picture.", min=1000)] = 300_000,
    json: Annotated[Path | None, typer.Option(help="Keep the numbers here.")] = None,
) -> None:
    """Measure pictures a second for 1 to 16 workers."""
    document = run(batches_from_text(workers), seconds, size, Console(highlight=False))
    if json is not None:
        write_json(json, document)


if __name__ == "__main__":
    typer.run(main)
