"""A world of fakes around the workers' logic: one arm, its sessions, one worker."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from PIL import Image

from sorter.types import Arm, Detections, ImageSize
from storage.records import ImageRecord, NewImage, SessionRecord
from tests.fakes import FakeDetector, FakeEmbedder, FakeImageStore, FakeQueue, FakeStore
from vision.ports import Detector, RgbImage
from workers.batching import BatcherClosedError
from workers.services import Detected, LoadedOnce, Services

WIDTH_PX, HEIGHT_PX = 320, 240


def make_png(rgb: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "PNG")
    return buffer.getvalue()


def make_detections(*rows: tuple[float, float, float, float, int, float]) -> Detections:
    """Build detections from rows of x_min, y_min, x_max, y_max, label and score."""
    table = np.array(rows, np.float64).reshape(-1, 6)
    return Detections(
        table[:, :4].astype(np.float32),
        table[:, 4].astype(np.int64),
        table[:, 5].astype(np.float32),
    )


class OneByOne:
    """Calls a detector with one picture at a time, from whatever thread asks."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._is_closed = False

    @property
    def version(self) -> str:
        return self._detector.version

    @property
    def input_size_px(self) -> tuple[int, int]:
        return self._detector.input_size_px

    def detect_one(self, image_rgb: RgbImage) -> Detected:
        if self._is_closed:
            raise BatcherClosedError("closed")
        return Detected(self._detector.detect([image_rgb])[0], 0.0, 0.0, 1)

    def close(self) -> None:
        self._is_closed = True


class World:
    """What a test builds, does and looks at; ``naps`` are the pauses that were slept."""

    def __init__(self) -> None:
        self.store = FakeStore()
        self.images = FakeImageStore()
        self.queue = FakeQueue()
        self.detector = FakeDetector()
        self.embedder = FakeEmbedder()
        self.naps: list[float] = []
        self.while_asleep: Callable[[], None] = lambda: None
        self.store.save_arm(Arm("arm-1"))
        self.services = self.make_worker("worker-1")

    def make_worker(self, worker_id: str) -> Services:
        self.store.beat(worker_id, "gpu")
        return Services(
            worker_id=worker_id,
            store=self.store,
            images=self.images,
            queue=self.queue,
            detector=LoadedOnce(lambda: OneByOne(self.detector)),
            embedder=LoadedOnce(lambda: self.embedder),
            sleep=self._sleep,
        )

    def with_sweep_rules(self, **changes: float) -> Services:
        rules = replace(self.services.rules, **changes)
        return replace(self.services, rules=rules)

    def open_session(self, min_images: int = 1, deadline_s: float = 600) -> str:
        session, _ = self.store.open_session(
            "arm-1",
            expected_images=None,
            min_images=min_images,
            deadline_s=deadline_s,
            idempotency_key=None,
            request_id="request-1",
        )
        return session.session_id

    def add_picture(
        self, session_id: str, data: bytes | None = None, is_published: bool = True
    ) -> ImageRecord:
        index = len(self.store.load_images(session_id))
        if data is None:
            data = make_png(np.full((HEIGHT_PX, WIDTH_PX, 3), index, np.uint8))
        key = self.images.save_image(session_id, data)
        size = ImageSize(WIDTH_PX, HEIGHT_PX)
        new = NewImage(1500.0 + index, key, f"{index:064x}", size, len(data))
        image = self.store.accept_image(session_id, new, "request-1").image
        if is_published:
            self.store.mark_published(image.image_id)
        return image

    def image(self, image: ImageRecord) -> ImageRecord:
        """Return the picture's row as it is now."""
        return self.store.load_images(image.session_id)[image.index]

    def session(self, session_id: str) -> SessionRecord:
        return self.store.load_session(session_id)

    def _sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.while_asleep()
