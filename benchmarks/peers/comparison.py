"""One network behind several serving systems and behind this one: latency, throughput, losses.

python -m benchmarks.peers.comparison --json runs/peers.json

All serve the shipped ResNet18 with ONNX Runtime, one model worker, all cores, the same photographs.
A peer's time ends when its answer has been read; ours when the detections are in the database,
where whoever asks finds them: the gateway's early 202 is no credit.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from benchmarks.detector_machine import describe_machine
from benchmarks.detector_pictures import make_pictures
from benchmarks.load import Spread, gamma_arrivals
from benchmarks.peers.contestants import MOST_CLIENTS, Contestant, ours, peer
from benchmarks.peers.systems import SYSTEMS
from cli.report import write_json
from robot.table_layout import CAMERA
from sorter.errors import SorterBotError

CLIENTS = 8
IN_FLIGHT = 8
LOOK_EVERY_S = 0.005
AGAIN_WITHIN_S = 30.0
SHARE_OF_RAW = 0.5
"""The equal load: half of what the network alone does in this process."""

OURS = "SorterBot"


def measure(contestant: Contestant, n: int, load_per_s: float) -> dict[str, Any]:
    """Measure a system alone, at its capacity, at the equal load, and when its model dies.

    Raises:
        SorterBotError: One of the loads is not answered at all, or not in time.
    """
    contestant.send(2, [0.0] * 20)
    alone = contestant.send(1, [0.0] * max(10, n // 4))
    capacity = contestant.send(CLIENTS, [0.0] * n)
    loaded = contestant.send(MOST_CLIENTS, gamma_arrivals(n, load_per_s))
    if not (alone.seconds and capacity.seconds and loaded.seconds):
        raise SorterBotError("a whole load was left without a good answer")
    resident_mib = contestant.resident_mib()
    return {
        "pictures_per_s": round(capacity.per_s, 1),
        "alone": asdict(Spread.of(alone.seconds)),
        "loaded": asdict(Spread.of(loaded.since_due_s)),
        "lost_unkilled": alone.n_lost + capacity.n_lost + loaded.n_lost,
        "resident_mib": resident_mib,
        "lost_of_killed": _lost_when_killed(contestant),
        "in_flight": IN_FLIGHT,
        "serves_again": _serves_again(contestant),
    }


def _lost_when_killed(contestant: Contestant) -> int:
    """Kill the model's process while pictures are in flight; return how many got no answer."""
    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(_n_lost, contestant, IN_FLIGHT, [0.0] * IN_FLIGHT)
        give_up_s = time.monotonic() + AGAIN_WITHIN_S
        while contestant.n_in_flight() == 0 and time.monotonic() < give_up_s:
            time.sleep(LOOK_EVERY_S)
        contestant.kill_model()
        return sending.result()


def _serves_again(contestant: Contestant) -> bool:
    """Whether the system answers again by itself within :data:`AGAIN_WITHIN_S`."""
    give_up_s = time.monotonic() + AGAIN_WITHIN_S
    while time.monotonic() < give_up_s:
        if _n_lost(contestant, 1, [0.0]) == 0:
            return True
        time.sleep(1)
    return False


def _n_lost(contestant: Contestant, n_clients: int, after_s: Sequence[float]) -> int:
    try:
        return contestant.send(n_clients, after_s).n_lost
    except SorterBotError:
        return len(after_s)


def raw_per_s(pictures: Sequence[bytes]) -> float:
    """Return how many pictures a second the network embeds in this process, decoded first."""
    from vision.decode import decode_rgb
    from vision.load import load_embedder

    embedder = load_embedder(device="cpu")
    embedder.embed([decode_rgb(pictures[0], enough_px=(96, 96))])
    began_s = time.perf_counter()
    for data in [*pictures] * 4:
        embedder.embed([decode_rgb(data, enough_px=(96, 96))])
    return 4 * len(pictures) / (time.perf_counter() - began_s)


def run(n: int, environments: Path, tell: Console, names: Sequence[str] = ()) -> dict[str, Any]:
    """Measure every system, ours first; ``names`` leaves out the peers that it does not hold."""
    pictures = make_pictures(5, CAMERA)
    raw = raw_per_s(pictures)
    chosen = [system for system in SYSTEMS if not names or system.name in names]
    rows: dict[str, Any] = {}
    failed: dict[str, str] = {}
    with ours(pictures) as contestant:
        rows[OURS] = measure(contestant, n, SHARE_OF_RAW * raw)
    _tell(tell, OURS, rows[OURS])
    for system in chosen:
        try:
            with peer(system, environments, pictures) as contestant:
                rows[system.name] = measure(contestant, n, SHARE_OF_RAW * raw)
            _tell(tell, system.name, rows[system.name])
        except Exception as error:  # noqa: BLE001  # the others can be compared without it
            failed[system.name] = str(error)
            tell.print(f"  {system.name}: {error}", markup=False)
    return {
        "peers": rows,
        "failed": failed,
        "raw_pictures_per_s": round(raw, 1),
        "load_pictures_per_s": round(SHARE_OF_RAW * raw, 1),
        "machine": describe_machine("cpu"),
    }


def _tell(tell: Console, name: str, row: dict[str, Any]) -> None:
    tell.print(
        f"  {name}: {row['pictures_per_s']:.0f} pictures/s, loaded p50 "
        f"{row['loaded']['p50_ms']:.1f} ms, {row['lost_of_killed']} of {row['in_flight']} lost"
    )


def main(
    pictures: Annotated[int, typer.Option(help="Of each load.", min=8)] = 400,
    environments: Annotated[Path, typer.Option(help="Holds the peers' packages.")] = Path(
        "runs/peers"
    ),
    only: Annotated[str, typer.Option(help="Names of peers, with commas between.")] = "",
    json: Annotated[Path | None, typer.Option(help="Keep the numbers here.")] = None,
) -> None:
    """Compare this system with others that serve the same network."""
    names = [name.strip() for name in only.split(",") if name.strip()]
    document = run(pictures, environments, Console(highlight=False), names)
    if json is not None:
        write_json(json, document)


if __name__ == "__main__":
    typer.run(main)
