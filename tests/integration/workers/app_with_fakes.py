"""The project's own worker, except for the networks: these fakes can be held still.

A worker named ``W`` stands still in its network while the file ``hold-W`` lies in the folder, and
in a call of several pictures while ``hold-batches-W`` does. A picture in :data:`DEADLY_RGB` kills
the process that reads it, one in :data:`BAD_RGB` fails every call that it is in, and the first one
in :data:`STICKY_RGB` loses the device.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sorter.types import Detections, FloatArray
from tests.fakes import FakeDetector, FakeEmbedder
from tests.unit.workers.world import make_detections
from vision.ports import DeviceLostError, RgbImage
from workers.batched_detector import BatchedDetector
from workers.bootstrap import read_environment
from workers.heartbeat import make_worker_id
from workers.metrics import WorkerMetrics
from workers.queue import CeleryQueue
from workers.services import LoadedOnce, Rules, Services
from workers.watchdog import Watchdog
from workers.worker_app import end_worker, make_worker_app

FOUND = make_detections(
    (20, 20, 50, 50, 0, 0.9), (20, 150, 50, 180, 0, 0.8), (150, 60, 290, 200, 1, 0.95)
)
DEADLY_RGB, BAD_RGB, STICKY_RGB = (255, 0, 0), (0, 255, 0), (0, 0, 255)
QUICK_RULES = Rules(dead_after_s=4, unpublished_s=1, stuck_s=2, sort_stuck_s=1)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the tests and one worker leave each other notes."""

    folder: Path
    name: str

    def work(self, what: str, n: int) -> None:
        """Note that work on so many things began, and stand still while told to."""
        handle = os.open(self.folder / "notes", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(handle, f"{what} {self.name} {os.getpid()} {n}\n".encode())
        os.close(handle)
        while self._is_held("hold") or (n > 1 and self._is_held("hold-batches")):
            time.sleep(0.01)

    def is_first(self, what: str) -> bool:
        """Whether no process has asked this before."""
        try:
            (self.folder / f"first-{what}").touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    def _is_held(self, by: str) -> bool:
        return (self.folder / f"{by}-{self.name}").exists()


class HeldDetector(FakeDetector):
    def __init__(self, desk: Desk) -> None:
        super().__init__(FOUND)
        self._desk = desk

    def detect(self, images_rgb: Sequence[RgbImage]) -> list[Detections]:
        self._desk.work("detects", len(images_rgb))
        colours = {tuple(int(value) for value in image_rgb[0, 0]) for image_rgb in images_rgb}
        if DEADLY_RGB in colours:
            os.kill(os.getpid(), signal.SIGKILL)
        if STICKY_RGB in colours and self._desk.is_first("loss"):
            raise DeviceLostError("an illegal memory access was encountered")
        if BAD_RGB in colours:
            raise RuntimeError("this picture breaks the network")
        return super().detect(images_rgb)


class HeldEmbedder(FakeEmbedder):
    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk

    def embed(self, crops_rgb: Sequence[RgbImage]) -> FloatArray:
        self._desk.work("embeds", len(crops_rgb))
        return super().embed(crops_rgb)


ENVIRONMENT = read_environment(os.environ)


def make_services() -> Services:
    from storage.bootstrap import make_image_store, make_store

    metrics = WorkerMetrics()
    desk = Desk(Path(os.environ["FAKES_FOLDER"]), os.environ["FAKES_NAME"])
    return Services(
        worker_id=make_worker_id(),
        store=make_store(ENVIRONMENT.database_url),
        images=make_image_store(ENVIRONMENT.image_store),
        queue=CeleryQueue(ENVIRONMENT.broker_url, ENVIRONMENT.results_url, is_gateway=False),
        detector=LoadedOnce(lambda: _batched(HeldDetector(desk), metrics)),
        embedder=LoadedOnce(lambda: HeldEmbedder(desk)),
        sleep=time.sleep,
        rules=replace(QUICK_RULES, share=ENVIRONMENT.share),
        metrics=metrics,
    )


def _batched(detector: HeldDetector, metrics: WorkerMetrics) -> BatchedDetector:
    return BatchedDetector(
        detector,
        ENVIRONMENT.batch,
        Watchdog(),
        on_call=metrics.note_call,
        end_worker=end_worker,
    )


app = make_worker_app(
    ENVIRONMENT.broker_url,
    ENVIRONMENT.results_url,
    make_services,
    imported_as="tests.integration.workers.app_with_fakes:app",
    log_level="INFO",
    n_gpu_threads=2 * ENVIRONMENT.batch.max_pictures,
)
