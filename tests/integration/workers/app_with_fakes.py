"""The project's own worker, except for the networks: these fakes can be held still.

A worker named ``W`` stands still in its network while the file ``hold-W`` lies in the folder.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sorter.types import Detections, FloatArray
from tests.fakes import FakeDetector, FakeEmbedder
from tests.unit.workers.world import make_detections
from vision.ports import RgbImage
from workers.bootstrap import read_environment
from workers.heartbeat import make_worker_id
from workers.queue import CeleryQueue
from workers.services import LoadedOnce, Rules, Services
from workers.worker_app import make_worker_app

FOUND = make_detections(
    (20, 20, 50, 50, 0, 0.9), (20, 150, 50, 180, 0, 0.8), (150, 60, 290, 200, 1, 0.95)
)
QUICK_RULES = Rules(dead_after_s=4, unpublished_s=1, stuck_s=2, sort_stuck_s=1)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the tests and one worker leave each other notes."""

    folder: Path
    name: str

    def work(self, what: str) -> None:
        """Note that work began, and stand still while told to."""
        handle = os.open(self.folder / "notes", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(handle, f"{what} {self.name} {os.getpid()}\n".encode())
        os.close(handle)
        while (self.folder / f"hold-{self.name}").exists():
            time.sleep(0.01)


class HeldDetector(FakeDetector):
    def __init__(self, desk: Desk) -> None:
        super().__init__(FOUND)
        self._desk = desk

    def detect(self, images_rgb: Sequence[RgbImage]) -> list[Detections]:
        self._desk.work("detects")
        return super().detect(images_rgb)


class HeldEmbedder(FakeEmbedder):
    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk

    def embed(self, crops_rgb: Sequence[RgbImage]) -> FloatArray:
        self._desk.work("embeds")
        return super().embed(crops_rgb)


ENVIRONMENT = read_environment(os.environ)


def make_services() -> Services:
    from storage.bootstrap import make_image_store, make_store

    desk = Desk(Path(os.environ["FAKES_FOLDER"]), os.environ["FAKES_NAME"])
    return Services(
        worker_id=make_worker_id(),
        store=make_store(ENVIRONMENT.database_url),
        images=make_image_store(ENVIRONMENT.image_store),
        queue=CeleryQueue(ENVIRONMENT.broker_url, ENVIRONMENT.results_url, is_gateway=False),
        detector=LoadedOnce(lambda: HeldDetector(desk)),
        embedder=LoadedOnce(lambda: HeldEmbedder(desk)),
        sleep=time.sleep,
        rules=QUICK_RULES,
    )


app = make_worker_app(
    ENVIRONMENT.broker_url,
    ENVIRONMENT.results_url,
    make_services,
    imported_as="tests.integration.workers.app_with_fakes:app",
    log_level="INFO",
)
