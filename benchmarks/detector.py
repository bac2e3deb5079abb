"""How fast a detector is by itself, in a worker that the queue feeds, and in the original's way.

python -m benchmarks.detector --pictures 64 --json runs/detector.json
python -m benchmarks.detector --device cuda --detector PACKAGE --pictures 1024 --batches 8,16,32 \
    --max-batch 32 --json runs/detector-gpu.json

All three see the same pictures, with the same weights, in turn and several times, so that what else
the machine does hits them alike; medians count. *Raw* is ``detect`` at the best batch size, on
pictures that were decoded before as a worker decodes them. The *worker* is a real one with its
queue, rows and files, from the first message to the last row of detections, and decodes, too. *One
by one* decodes each picture and gives it to the network alone; a package of Detectron2 in that
library's own ``DefaultPredictor``.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.detector_machine import describe_machine, describe_versions, device_named
from benchmarks.detector_original import OneByOne, original_way
from benchmarks.detector_pictures import make_pictures
from benchmarks.detector_summary import Round, document_of, table_of
from benchmarks.detector_worker import FedWorker
from cli import models
from cli.programs import MOST_THREADS, n_cores
from cli.report import write_json
from cli.services.network import free_port
from cli.stack import LocalStack, StackSettings
from sorter.errors import InvalidInputError
from sorter.types import ImageSize
from vision.decode import decode_rgb
from vision.ports import Detector, RgbImage


def raw_rate(detector: Detector, images_rgb: Sequence[RgbImage], batch: int) -> float:
    """Return pictures a second when decoded pictures are given ``batch`` at a time."""
    started_s = time.perf_counter()
    for start in range(0, len(images_rgb), batch):
        detector.detect(images_rgb[start : start + batch])
    return len(images_rgb) / (time.perf_counter() - started_s)


def one_by_one_rate(detect: OneByOne, pictures: Sequence[bytes]) -> float:
    """Return pictures a second when each is decoded and given alone."""
    started_s = time.perf_counter()
    for data in pictures:
        detect(data)
    return len(pictures) / (time.perf_counter() - started_s)


def size_from_text(text: str) -> ImageSize:
    """Read ``1640x1232``.

    Raises:
        InvalidInputError: It is no width and height.
    """
    found = re.fullmatch(r"(\d+)x(\d+)", text.strip())
    if found is None:
        raise InvalidInputError(f"a size is given as 1640x1232, not {text!r}")
    return ImageSize(int(found[1]), int(found[2]))


def batches_from_text(text: str) -> tuple[int, ...]:
    """Read ``1,2,4``.

    Raises:
        InvalidInputError: One is no number above 0.
    """
    words = [word.strip() for word in text.split(",")]
    if not all(word.isdecimal() and int(word) > 0 for word in words):
        raise InvalidInputError(f"batches are given as 1,2,4, not {text!r}")
    return tuple(int(word) for word in words)


class Measured:
    """The three ways of detecting, ready to be measured on the same pictures."""

    def __init__(
        self,
        network: Detector,
        alone: OneByOne,
        worker: FedWorker,
        pictures: Sequence[bytes],
        size: ImageSize,
    ) -> None:
        self._network = network
        self._alone = alone
        self._worker = worker
        self._pictures = pictures
        self._size = size
        self._images_rgb = [decode_rgb(data, enough_px=network.input_size_px) for data in pictures]

    def warm_up(self, batches: Sequence[int]) -> None:
        """Make the first calls, which are slow: of each batch size, and of each way."""
        for batch in batches:
            raw_rate(self._network, self._images_rgb[:batch], batch)
        one_by_one_rate(self._alone, self._pictures[:1])
        self._worker.feed(self._pictures, self._size)

    def take_turn(self, batches: Sequence[int]) -> Round:
        """Measure each way once, one after the other."""
        raw = {batch: raw_rate(self._network, self._images_rgb, batch) for batch in batches}
        burst = self._worker.feed(self._pictures, self._size)
        one_by_one = one_by_one_rate(self._alone, self._pictures)
        return Round(raw, len(self._pictures) / burst.seconds, one_by_one, burst.mean_batch)


@contextmanager
def fed_worker(detector: str, device: str, max_batch: int) -> Iterator[FedWorker]:
    """Start a stack with one GPU worker, ready and warm, in a folder that goes with it."""
    port = free_port()
    environment = {
        **models.model_environment(detector),
        "SORTERBOT_DEVICE": device,
        "SORTERBOT_MAX_BATCH": str(max_batch),
        "SORTERBOT_METRICS_PORT": str(port),
    }
    with tempfile.TemporaryDirectory() as folder:
        settings = StackSettings(Path(folder), port=0, environment=environment)
        with LocalStack(settings) as stack, closing(FedWorker(stack, port)) as worker:
            yield worker


def main(
    detector: models.Detector = "",
    pictures: Annotated[int, typer.Option(help="In a burst, from 8 robots.", min=1)] = 64,
    size: Annotated[str, typer.Option(help="Width and height of a picture.")] = "1640x1232",
    batches: Annotated[str, typer.Option(help="Batch sizes of the raw network.")] = "1,2,4,8",
    max_batch: Annotated[int, typer.Option(help="Of the worker.", min=1)] = 8,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    rounds: Annotated[int, typer.Option(help="Turns of everything.", min=1)] = 5,
    json: Annotated[Path | None, typer.Option(help="Keep the numbers here.")] = None,
) -> None:
    """Measure raw network, worker and original on the same pictures, in turn."""
    os.environ.setdefault("OMP_NUM_THREADS", str(min(MOST_THREADS, n_cores())))  # as the worker
    from vision.load import load_detector

    console = Console(highlight=False)
    of_size, sizes = size_from_text(size), batches_from_text(batches)
    device = device_named(device)
    network = load_detector(detector, device)
    alone, one_by_one = original_way(detector, device)
    data = make_pictures(pictures, of_size)
    turns: list[Round] = []
    with fed_worker(detector, device, max_batch) as worker:
        measured = Measured(network, alone, worker, data, of_size)
        measured.warm_up(sizes)
        for number in range(1, rounds + 1):
            turns.append(measured.take_turn(sizes))
            console.print(f"round {number} of {rounds}: {_told(turns[-1])}")
    told = {
        "device": describe_machine(device)["device"],
        "detector": network.version,
        "one_by_one": one_by_one,
        "pictures": pictures,
        "size": [of_size.width_px, of_size.height_px],
        "max_batch": max_batch,
        "machine": describe_machine(device),
        "versions": describe_versions(),
    }
    document = document_of(turns, told)
    console.print(table_of(document))
    if json is not None:
        write_json(json, document)


def _told(turn: Round) -> str:
    raw = ", ".join(f"{rate:.1f} by {size}" for size, rate in turn.raw.items())
    return f"raw {raw}; worker {turn.worker:.1f}; one by one {turn.one_by_one:.1f}"


if __name__ == "__main__":
    typer.run(main)
