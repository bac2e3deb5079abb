"""What a picture costs outside the network: all is real but the detector, which answers at once.

python -m benchmarks.no_model --json runs/no-model.json

Robots post pictures of 300 KB through the gateway to a worker. *Closed loop*: each robot posts the
next picture when the last was answered; that is the capacity. *Open loop*: pictures come in bursts
(gamma) at a share of that capacity, whatever the answers; times count from when each was due, so
that a wait for a free robot counts. On an idle machine the overhead is from a picture's last byte
to its detections in the database. Then the same with a Redis that is farther away.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from benchmarks.detector_machine import describe_machine
from benchmarks.load import Load, Spread, gamma_arrivals
from benchmarks.load_pictures import save_heavy_pictures
from benchmarks.load_site import LoadSite, Measured, load_site
from cli.report import write_json

ROBOTS = 16
CLOSED_ROBOTS = 8
SHARES = (0.5, 0.7, 0.9)
DELAY_S = 0.0005
"""Of each way, as asked for; the machine's clock decides what it comes to, which is measured."""

WARM_UP = 100
PROFILE_S = 10
IDLE_PER_S = 4.0
"""Pictures a second that leave a machine idle in between."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What is sent where."""

    site: LoadSite
    arms: list[tuple[str, str]]
    pictures: list[Path]

    def closed(self, n: int) -> Measured:
        """Post ``n`` pictures as fast as the gateway answers."""
        return self._measure(CLOSED_ROBOTS, [0.0] * n)

    def open(self, n: int, per_s: float) -> Measured:
        """Post ``n`` pictures at a rate of their own."""
        return self._measure(ROBOTS, gamma_arrivals(n, per_s))

    def _measure(self, n_robots: int, after_s: list[float]) -> Measured:
        url = self.site.stack.gateway_url
        return self.site.measure(Load(url, self.arms[:n_robots], self.pictures, after_s))


def measure(bench: Bench, n: int, tell: Console) -> dict[str, Any]:
    """Measure the capacity, then lone pictures, then shares of the capacity."""
    capacity = bench.closed(n)
    tell.print(f"  capacity {capacity.per_s:.0f} pictures/s")
    idle = bench.open(max(20, n // 20), IDLE_PER_S)
    document: dict[str, Any] = {
        "pictures_per_s": round(capacity.per_s, 1),
        "cpu_ms_by_process": capacity.cpu_ms_a_picture(),
        "cpu_ms_per_picture": round(sum(capacity.cpu_ms_a_picture().values()), 3),
        "robots_cpu_ms_per_picture": round(1000 * capacity.sent.cpu_s / capacity.n, 3),
        "idle": asdict(Spread.of(idle.overheads_s)),
        "open": {},
    }
    for share in SHARES:
        per_s = share * capacity.per_s
        measured = bench.open(max(50, min(n, int(per_s * 15))), per_s)
        spread = Spread.of(measured.delays_s)
        tell.print(f"  {share:.0%} of it: p50 {spread.p50_ms:.1f} ms, p95 {spread.p95_ms:.1f} ms")
        document["open"][f"{share:.1f}"] = {"per_s": round(per_s, 1), **asdict(spread)}
    return document


@contextmanager
def profiled(site: LoadSite, folder: Path | None) -> Iterator[None]:
    """Sample gateway and GPU worker with py-spy meanwhile, and keep the flame graphs."""
    watched = {} if folder is None else site.processes()
    program = Path(sys.executable).with_name("py-spy")
    commands = [
        [
            *(str(program), "record", "--pid", str(watched[name][0].pid), "--subprocesses"),
            *("--duration", str(PROFILE_S), "--output", f"{folder}/{name}.svg"),
        ]
        for name in ("gateway", "gpu-worker")
        if name in watched
    ]
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    spies = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for command in commands]
    yield
    for spy in spies:
        spy.wait()


def run(n: int, n_bytes: int, tell: Console, profile: Path | None = None) -> dict[str, Any]:
    """Measure with Redis near, and then with Redis farther away.

    Args:
        n: Pictures of the closed loop.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        load_site("stand-in", has_relay=False) as site,
    ):
        bench = Bench(site, site.arms(ROBOTS), save_heavy_pictures(Path(folder), 24, n_bytes))
        bench.closed(WARM_UP)
        tell.print("Redis beside it:")
        near = measure(bench, n, tell)
        near["redis_ping_ms"] = round(site.redis_ping_ms(), 3)
        if profile is not None:
            with profiled(site, profile):
                time.sleep(1)
                bench.closed(n)
    with (
        tempfile.TemporaryDirectory() as folder,
        load_site("stand-in", has_relay=True) as site,
    ):
        bench = Bench(site, site.arms(ROBOTS), save_heavy_pictures(Path(folder), 24, n_bytes))
        bench.closed(WARM_UP)
        site.slow_redis_down(DELAY_S)
        tell.print("Redis farther away:")
        far = measure(bench, n, tell)
        far["redis_ping_ms"] = round(site.redis_ping_ms(), 3)
    return document_of(near, far, n_bytes)


def document_of(near: Mapping[str, Any], far: Mapping[str, Any], n_bytes: int) -> dict[str, Any]:
    """Put together what a machine reads: the goals' figures on top."""
    return {
        "overhead_p50_ms": near["idle"]["p50_ms"],
        "overhead_p95_ms": near["idle"]["p95_ms"],
        "cpu_ms_per_picture": near["cpu_ms_per_picture"],
        "pictures_per_s": near["pictures_per_s"],
        "picture_bytes": n_bytes,
        "near": dict(near),
        "far": dict(far),
        "machine": describe_machine("cpu"),
    }


def main(
    pictures: Annotated[int, typer.Option(help="Of the closed loop.", min=20)] = 2000,
    size: Annotated[int, typer.Option(help="Bytes of a picture.", min=1000)] = 300_000,
    profile: Annotated[Path | None, typer.Option(help="Keep py-spy's flame graphs here.")] = None,
    json: Annotated[Path | None, typer.Option(help="Keep the numbers here.")] = None,
) -> None:
    """Measure the overhead and the capacity of everything but the network."""
    document = run(pictures, size, Console(highlight=False), profile)
    if json is not None:
        write_json(json, document)


if __name__ == "__main__":
    typer.run(main)
