"""The workers' half of the system as real processes: queues, rows, workers with fake networks."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np

from cli.services.process import Child, Leash
from sorter.types import Arm, ImageSize
from storage.bootstrap import make_image_store, make_store
from storage.records import ImageRecord, NewImage, SessionRecord, SessionState
from tests.integration.workers.processes import (
    SupervisedWorker,
    WorkerStart,
    start_beat,
    wait_until,
)
from tests.unit.workers.world import HEIGHT_PX, WIDTH_PX, make_png
from workers.queue import CeleryQueue

APP = "tests.integration.workers.app_with_fakes"
MAX_BATCH = 4


class Stack:
    """What the gateway would do, and the processes that do the rest."""

    def __init__(self, folder: Path, database_url: str, redis_urls: tuple[str, str], leash: Leash):
        self.folder = folder
        self.environment = {
            "SORTERBOT_DATABASE_URL": database_url,
            "SORTERBOT_BROKER_URL": redis_urls[0],
            "SORTERBOT_RESULTS_URL": redis_urls[1],
            "SORTERBOT_IMAGE_STORE": (folder / "images").as_uri(),
            "SORTERBOT_MAX_BATCH": str(MAX_BATCH),
            "FAKES_FOLDER": str(folder),
        }
        self.store = make_store(database_url)
        self.images = make_image_store(self.environment["SORTERBOT_IMAGE_STORE"])
        self.queue = CeleryQueue(*redis_urls)
        self._leash = leash
        self.store.save_arm(Arm("arm-1"))

    def close(self) -> None:
        self.queue.close()

    def start_gpu_worker(self, name: str, concurrency: int | None = 2) -> SupervisedWorker:
        """Start a worker; without a concurrency it has the threads that its batches need."""
        return self._start(name, "gpu", "threads", concurrency)

    def start_sort_worker(self, name: str) -> SupervisedWorker:
        return self._start(name, "sort", "prefork", 1)

    def start_beat(self) -> Child:
        environment = {**self.environment, "FAKES_NAME": "beat"}
        return start_beat(APP, self.folder, environment, self._leash)

    def _start(
        self, name: str, queues: str, pool: str, concurrency: int | None
    ) -> SupervisedWorker:
        environment = {**self.environment, "FAKES_NAME": name}
        start = WorkerStart(APP, queues, pool, concurrency, self.folder, environment)
        return SupervisedWorker(start, name, self._leash)

    def hold(self, name: str, by: str = "hold") -> None:
        (self.folder / f"{by}-{name}").touch()

    def let_go(self, name: str, by: str = "hold") -> None:
        (self.folder / f"{by}-{name}").unlink(missing_ok=True)

    def working_pids(self, what: str, name: str) -> list[int]:
        """Return the processes that began this kind of work, once for each time."""
        return [pid for pid, _ in self._notes(what, name)]

    def amounts(self, what: str, name: str) -> list[int]:
        """Return of how many things each piece of this kind of work was."""
        return [n for _, n in self._notes(what, name)]

    def _notes(self, what: str, name: str) -> list[tuple[int, int]]:
        notes = self.folder / "notes"
        lines = notes.read_text().splitlines() if notes.exists() else []
        found = [line.split() for line in lines]
        return [(int(pid), int(n)) for kind, who, pid, n in found if (kind, who) == (what, name)]

    def open_session(self, arm_id: str = "arm-1") -> str:
        session, _ = self.store.open_session(
            arm_id,
            expected_images=None,
            min_images=1,
            deadline_s=600,
            idempotency_key=None,
            request_id="request-1",
        )
        return session.session_id

    def add_picture(
        self, session_id: str, index: int, rgb: tuple[int, int, int] | None = None
    ) -> ImageRecord:
        """Keep, note and publish one picture, grey or of a colour, as the gateway does."""
        image = self.accept_picture(session_id, index, rgb)
        self.publish(image)
        return image

    def accept_picture(
        self, session_id: str, index: int, rgb: tuple[int, int, int] | None = None
    ) -> ImageRecord:
        """Keep and note one picture, and publish nothing."""
        colour = rgb or (7 * index % 256,) * 3
        data = make_png(np.full((HEIGHT_PX, WIDTH_PX, 3), colour, np.uint8))
        key = self.images.save_image(session_id, data)
        size = ImageSize(WIDTH_PX, HEIGHT_PX)
        new = NewImage(1000.0 + 100 * index, key, f"{index:064x}", size, len(data))
        return self.store.accept_image(session_id, new, "request-1").image

    def publish(self, image: ImageRecord) -> None:
        self.queue.publish_image(image.session_id, image.image_id, image.index, "request-1")
        self.store.mark_published(image.image_id)

    def seal(self, session_id: str) -> None:
        session, has_sealed = self.store.seal_session(session_id)
        if has_sealed:
            self.queue.publish_closing(session_id, session.n_images, "request-1")

    def await_work(self, what: str, name: str, n: int = 1) -> int:
        """Wait until a worker has begun some work ``n`` times; return the last one's process."""
        wait_until(lambda: len(self.working_pids(what, name)) >= n, 60, f"{name} {what}")
        return self.working_pids(what, name)[-1]

    def await_end(self, session_id: str, look: Callable[[], None] = lambda: None) -> SessionRecord:
        def has_ended() -> bool:
            look()
            return self.store.load_session(session_id).state.is_final

        wait_until(has_ended, 120, f"the end of {session_id}")
        return self.store.load_session(session_id)

    def assert_sorted_once(self, session_id: str, n_images: int) -> None:
        """The session has one plan, made of every picture, each of them read once."""
        session = self.store.load_session(session_id)
        assert session.state is SessionState.DONE
        assert session.n_detected == session.n_images == n_images
        kinds = [event.kind for event in self.store.load_events(session_id)]
        assert len([kind for kind in kinds if kind == "image.detected"]) == n_images
        plan = self.store.load_plan(session_id)
        assert plan is not None
        assert plan["commands"]


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
