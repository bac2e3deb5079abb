"""How long the decisions take for 10 to 100,000 sightings, stage by stage, and how that grows.

python -m benchmarks.sort --json runs/sort.json

The embeddings are known beforehand; everything else is as :func:`sorter.pipeline.sort_session`
does it. A growth exponent of 1 means twice the time for twice the sightings.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from threadpoolctl import threadpool_limits

from benchmarks.detector import batches_from_text
from benchmarks.detector_machine import describe_machine
from benchmarks.load import growth_exponents
from benchmarks.sort_scene import SIGHTINGS_A_THING, SortScene, make_scene
from cli.report import write_json
from sorter.assignment import UNCLAIMED, assign_clusters
from sorter.clustering import cluster_items
from sorter.commands import home_of, order_commands, position_array
from sorter.embedding import normalise_embeddings
from sorter.pipeline import find_set_aside, find_things, make_commands
from sorter.types import Clustering

STAGES = ("merge", "kmeans", "assignment", "ordering")
REPEATED_UP_TO = 10_000
REPEATS = 3
FROM_SIGHTINGS = 1000
"""Below, calls cost more than sightings, and growth tells nothing."""


class Clock:
    """Notes the least time of each stage over all repeats, in milliseconds."""

    def __init__(self) -> None:
        self.least_ms: dict[str, float] = {}

    def time(self, stage: str, do: Callable[[], Any]) -> Any:
        """Do it, note how long it took, and return what came of it."""
        began_s = time.perf_counter()
        done = do()
        took_ms = 1000 * (time.perf_counter() - began_s)
        self.least_ms[stage] = min(took_ms, self.least_ms.get(stage, np.inf))
        return done


def time_stages(scene: SortScene, clock: Clock) -> None:
    """Sort a scene once, each stage under the clock, and the whole plan as well."""
    arm, embedder = scene.arm, scene.embedder
    table = clock.time("merge", lambda: find_things(arm, scene.photographs, embedder))
    seen = embedder.embed_crops([item.crop for item in table.items])
    seen_as_unit = normalise_embeddings(seen, len(seen))
    k = len(table.containers)
    clusters = clock.time("kmeans", lambda: cluster_items(seen_as_unit, k, 0))
    items_pw = position_array(item.position for item in table.items)
    containers_pw = position_array(one.position for one in table.containers)
    claims = np.full(int(clusters.max()) + 1, UNCLAIMED)
    clock.time("assignment", lambda: assign_clusters(clusters, items_pw, containers_pw, claims))
    aside = find_set_aside(table, arm.limits)
    commands = clock.time(
        "choice",
        lambda: make_commands(table, aside, arm.limits, embedder, 0, Clustering.KMEANS),
    )
    clock.time("ordering", lambda: order_commands(commands, home_of(arm), arm.limits))


def measure(n_sightings: int) -> dict[str, Any]:
    """Return the times for one number of sightings; ``total`` is from detections to commands."""
    scene = make_scene(max(1, n_sightings // SIGHTINGS_A_THING))
    clock = Clock()
    with threadpool_limits(limits=1):
        for _ in range(REPEATS if n_sightings <= REPEATED_UP_TO else 1):
            time_stages(scene, clock)
    least = {name: round(took_ms, 3) for name, took_ms in clock.least_ms.items()}
    total = least["merge"] + least["choice"] + least["ordering"]
    return {**least, "total": round(total, 3), "sightings": scene.n_sightings}


def exponents(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Return each stage's growth exponent over the two largest steps, by the mean slope."""
    large = [row for row in rows if row["sightings"] >= FROM_SIGHTINGS / 2]
    sizes = [row["sightings"] for row in large]
    if len(large) < 2:
        return {}
    return {
        stage: round(float(np.mean(growth_exponents(sizes, [row[stage] for row in large]))), 2)
        for stage in (*STAGES, "total")
    }


def run(sightings: Sequence[int], tell: Console) -> dict[str, Any]:
    """Measure each number of sightings."""
    rows = {}
    for n in sightings:
        rows[str(n)] = row = measure(n)
        told = ", ".join(f"{stage} {row[stage]:.1f}" for stage in (*STAGES, "total"))
        tell.print(f"  {n} sightings: {told} ms")
    return {
        "sort_ms": rows,
        "growth": exponents(list(rows.values())),
        "machine": describe_machine("cpu"),
    }


def main(
    sightings: Annotated[str, typer.Option(help="Numbers of sightings.")] = (
        "10,100,1000,10000,100000"
    ),
    json: Annotated[Path | None, typer.Option(help="Keep the numbers here.")] = None,
) -> None:
    """Time merging, K-Means, assignment and ordering."""
    document = run(batches_from_text(sightings), Console(highlight=False))
    if json is not None:
        write_json(json, document)


if __name__ == "__main__":
    typer.run(main)
