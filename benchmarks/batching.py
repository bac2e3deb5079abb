"""What the micro-batcher itself costs and gains, with a stand-in for the network.

python -m benchmarks.batching --json runs/batching.json

The stand-in takes a fixed time for each call and a little more for each picture, as a network on
a GPU does. A lone picture finds the batcher idle: how long until the network has it? A burst of
many robots' pictures meets a worker of twice as many threads as a batch is large.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli.report import write_json
from workers.batch_limits import BatchLimits
from workers.batching import Call, MicroBatcher


@dataclass(frozen=True, slots=True)
class StandIn:
    """Answers each picture, a number, with itself after the time that a network would take."""

    call_s: float
    picture_s: float

    def __call__(self, pictures: Sequence[int]) -> list[int]:
        time.sleep(self.call_s + self.picture_s * len(pictures))
        return list(pictures)


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured; a lone picture's wait at the median, and in the worst of 20."""

    lone_wait_ms_p50: float
    lone_wait_ms_p95: float
    burst_mean_batch: float
    burst_pictures_per_s: float
    one_by_one_pictures_per_s: float


def measure(network: StandIn, max_batch: int, n_lone: int, n_burst: int) -> Figures:
    """Ask for pictures one after the other, then for all of a burst at once."""
    told: list[Call] = []
    limits = BatchLimits(max_batch, max_batch)
    with MicroBatcher(network, limits, n_pixels=lambda _: 1, on_call=told.append) as batcher:
        for number in range(n_lone):
            batcher.ask(number)
        waits_ms = sorted(1000 * call.waited_s[0] for call in told)
        told.clear()
        with ThreadPoolExecutor(2 * max_batch) as threads:
            began_s = time.perf_counter()
            list(threads.map(batcher.ask, range(n_burst)))
            took_s = time.perf_counter() - began_s
    return Figures(
        lone_wait_ms_p50=statistics.median(waits_ms),
        lone_wait_ms_p95=waits_ms[int(0.95 * (len(waits_ms) - 1))],
        burst_mean_batch=n_burst / len(told),
        burst_pictures_per_s=n_burst / took_s,
        one_by_one_pictures_per_s=1 / (network.call_s + network.picture_s),
    )


def main(
    call_ms: Annotated[float, typer.Option(help="Of the stand-in, a call.", min=0)] = 20.0,
    picture_ms: Annotated[float, typer.Option(help="And a picture.", min=0)] = 2.0,
    max_batch: Annotated[int, typer.Option(help="As SORTERBOT_MAX_BATCH.", min=1)] = 8,
    lone: Annotated[int, typer.Option(help="Pictures that come alone.", min=1)] = 100,
    burst: Annotated[int, typer.Option(help="Pictures that come at once.", min=1)] = 64,
    json: Annotated[Path | None, typer.Option(help="Keep the numbers here.")] = None,
) -> None:
    """Measure what a picture waits in the batcher, and how full a burst's batches are."""
    network = StandIn(call_ms / 1000, picture_ms / 1000)
    figures = asdict(measure(network, max_batch, lone, burst))
    console = Console(highlight=False)
    for name, value in figures.items():
        console.print(f"{name.replace('_', ' '):28}{value:10.2f}")
    if json is not None:
        write_json(json, figures)


if __name__ == "__main__":
    typer.run(main)
