"""The whole path with the shipped networks, beside the raw network in one process.

python -m benchmarks.pipeline --json runs/pipeline.json

Robots post the photographs of virtual tables to a whole local stack; the same pictures, decoded
before, are given to the same network in this process. They take turns on the same cores. Then
sessions come one at a time, and the time from a session's last picture, its last byte sent, to its
plan is held against its floor: one detection and one batch of embeddings.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer
from rich.console import Console

from benchmarks.detector import raw_rate
from benchmarks.detector_machine import describe_machine
from benchmarks.detector_pictures import make_pictures
from benchmarks.load import Load, Spread
from benchmarks.load_site import LoadSite, Measured, load_site
from cli.programs import MOST_THREADS, n_cores
from cli.report import write_json
from robot.arm import POSITIONS_PW
from robot.table_layout import CAMERA
from vision.crop import crop_rgb
from vision.decode import decode_rgb

if TYPE_CHECKING:
    from vision.ports import Detector, Embedder

ROBOTS = 8
BATCH = 8
CROPS = 42
"""Of a batch of embeddings: three views of the fourteen things of a table."""

PAUSE_S = 2.0
"""Between two sessions: a robot carries its commands out before it photographs again."""


@dataclass(frozen=True, slots=True)
class Raw:
    """The networks alone, in this process, and their pictures."""

    detector: Detector
    embedder: Embedder
    pictures: Sequence[bytes]

    def rate(self) -> float:
        """Return pictures a second, decoded before, in batches."""
        enough_px = self.detector.input_size_px
        images = [decode_rgb(data, enough_px=enough_px) for data in self.pictures]
        return raw_rate(self.detector, images, BATCH)

    def floor_s(self) -> float:
        """Return the time of one detection and one batch of embeddings, decoding left out."""
        rgb = decode_rgb(self.pictures[0], enough_px=self.detector.input_size_px)
        found = self.detector.detect([rgb])[0]
        boxes = found.xyxy_px if len(found) else np.array([[0, 0, 64, 64]], np.float32)
        crops = [crop_rgb(rgb, tuple(boxes[n % len(boxes)].tolist())) for n in range(CROPS)]
        began_s = time.perf_counter()
        self.detector.detect([rgb])
        self.embedder.embed(crops)
        return time.perf_counter() - began_s


def measure_throughput(
    site: LoadSite, load: Load, raw: Raw, rounds: int, tell: Console
) -> dict[str, Any]:
    """Let the whole path and the raw network take turns."""
    site.measure(load)
    raw.rate()
    whole_per_s, raw_per_s = [], []
    for number in range(1, rounds + 1):
        whole_per_s.append(site.measure(load).per_s)
        raw_per_s.append(raw.rate())
        tell.print(
            f"  round {number} of {rounds}: whole path {whole_per_s[-1]:.1f}, "
            f"raw {raw_per_s[-1]:.1f} pictures/s"
        )
    return {
        "pictures_per_s": round(median(whole_per_s), 2),
        "raw_pictures_per_s": round(median(raw_per_s), 2),
        "fraction_of_raw": round(float(np.median(np.divide(whole_per_s, raw_per_s))), 3),
    }


def measure_plans(site: LoadSite, load: Load, raw: Raw) -> dict[str, Any]:
    """Send sessions one at a time, and return the wait for their plans."""
    measured = site.measure(load)
    planned_at = site.await_plans({one.session_id for one in measured.sent.posted})
    return plans_of(measured, planned_at, median(raw.floor_s() for _ in range(5)))


def plans_of(measured: Measured, planned_at: Mapping[str, float], floor_s: float) -> dict[str, Any]:
    """Hold each session's wait for its plan, from its last picture's last byte, to the floor."""
    sent_at: dict[str, float] = {}
    detected_at: dict[str, float] = {}
    for one in measured.sent.posted:
        session_id, finished_at = one.session_id, measured.finished_at[one.image_id]
        sent_at[session_id] = max(one.sent_at, sent_at.get(session_id, 0.0))
        detected_at[session_id] = max(finished_at, detected_at.get(session_id, 0.0))
    beyond_s = [max(0.0, at - sent_at[name] - floor_s) for name, at in planned_at.items()]
    after_floor = Spread.of(beyond_s)
    to_plan_s = median(at - detected_at[name] for name, at in planned_at.items())
    return {
        "floor_ms": round(1000 * floor_s, 1),
        "detections_to_plan_ms": round(1000 * to_plan_s, 1),
        "plan_after_floor_p50_ms": after_floor.p50_ms,
        "plan_after_floor_p95_ms": after_floor.p95_ms,
        "sessions": len(planned_at),
    }


def run(n: int, rounds: int, n_sessions: int, tell: Console) -> dict[str, Any]:
    """Measure throughput beside the raw network, then the wait for plans."""
    os.environ.setdefault("OMP_NUM_THREADS", str(min(MOST_THREADS, n_cores())))  # as the worker
    from vision.load import load_detector, load_embedder

    raw = Raw(load_detector(device="cpu"), load_embedder(device="cpu"), make_pictures(n, CAMERA))
    with (
        tempfile.TemporaryDirectory() as folder,
        load_site("", embedder="", environment={"SORTERBOT_DEVICE": "cpu"}) as site,
    ):
        files = []
        for number, data in enumerate(dict.fromkeys(raw.pictures)):
            files.append(Path(folder) / f"{number}.jpg")
            files[-1].write_bytes(data)
        arms, url = site.arms(ROBOTS + 1), site.stack.gateway_url
        burst = Load(url, arms[:ROBOTS], files, [0.0] * n)
        document = measure_throughput(site, burst, raw, rounds, tell)
        one_by_one = Load(
            url,
            arms[ROBOTS:],
            files[: len(POSITIONS_PW)],  # one table's
            _calm(n_sessions, document["pictures_per_s"]),
            is_sealing=True,
            positions_pw=POSITIONS_PW,
        )
        document |= measure_plans(site, one_by_one, raw)
    tell.print(
        f"  plan {document['plan_after_floor_p95_ms']:.0f} ms after its floor of "
        f"{document['floor_ms']:.0f} ms (p95)"
    )
    return {**document, "machine": describe_machine("cpu")}


def _calm(n_sessions: int, per_s: float) -> list[float]:
    """Return when pictures are due so that each is detected before the next one comes."""
    n, every_s = len(POSITIONS_PW), 2 / per_s
    return [
        session * (n * every_s + PAUSE_S) + number * every_s
        for session in range(n_sessions)
        for number in range(n)
    ]


def main(
    pictures: Annotated[int, typer.Option(help="Of a round.", min=8)] = 64,
    rounds: Annotated[int, typer.Option(help="Turns of each.", min=1)] = 3,
    sessions: Annotated[int, typer.Option(help="Of which the plan is awaited.", min=1)] = 12,
    json: Annotated[Path | None, typer.Option(help="Keep the numbers here.")] = None,
) -> None:
    """Measure the whole path over the raw network, and plans over their floor."""
    document = run(pictures, rounds, sessions, Console(highlight=False))
    if json is not None:
        write_json(json, document)


if __name__ == "__main__":
    typer.run(main)
