"""Stand-ins for the services, which pass the same contract tests as the real ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sorter.errors import TransientError
from sorter.types import Detections, FloatArray
from tests.fake_store import FakeImageStore as FakeImageStore
from tests.fake_store import FakeStore as FakeStore
from vision.ports import RgbImage
from workers.ports import QueueLengths


@dataclass(frozen=True, slots=True)
class PublishedImage:
    """One picture's message."""

    session_id: str
    image_id: str
    index: int
    request_id: str | None


@dataclass(frozen=True, slots=True)
class PublishedClosing:
    """One closing member's message."""

    session_id: str
    n_images: int
    request_id: str | None


@dataclass(frozen=True, slots=True)
class PublishedSort:
    """One message that asks for a session to be sorted."""

    session_id: str
    request_id: str | None


class FakeQueue:
    """Keeps what was published, in order; ``is_down`` makes it refuse."""

    def __init__(self) -> None:
        self.images: list[PublishedImage] = []
        self.closings: list[PublishedClosing] = []
        self.sorts: list[PublishedSort] = []
        self.is_down = False

    def publish_image(
        self, session_id: str, image_id: str, index: int, request_id: str | None
    ) -> None:
        self._answer()
        self.images.append(PublishedImage(session_id, image_id, index, request_id))

    def publish_closing(self, session_id: str, n_images: int, request_id: str | None) -> None:
        self._answer()
        self.closings.append(PublishedClosing(session_id, n_images, request_id))

    def publish_sort(self, session_id: str, request_id: str | None) -> None:
        self._answer()
        self.sorts.append(PublishedSort(session_id, request_id))

    def load_lengths(self) -> QueueLengths:
        self._answer()
        return QueueLengths(gpu=len(self.images) + len(self.closings), sort=len(self.sorts))

    def _answer(self) -> None:
        if self.is_down:
            raise TransientError("the queue is down")


class FakeDetector:
    """Finds the same in every picture, and remembers the pictures; ``error`` makes it raise."""

    version = "fake-detector@1"
    input_size_px = (4096, 4096)

    def __init__(self, found: Detections | None = None) -> None:
        self.found = found if found is not None else Detections.empty()
        self.seen: list[RgbImage] = []
        self.error: Exception | None = None

    def detect(self, images_rgb: Sequence[RgbImage]) -> list[Detections]:
        if self.error is not None:
            raise self.error
        self.seen.extend(images_rgb)
        return [self.found for _ in images_rgb]


class FakeEmbedder:
    """Embeds a crop as its mean colour, and remembers how large each batch was."""

    version = "fake-embedder@1"

    def __init__(self) -> None:
        self.batches: list[int] = []

    def embed(self, crops_rgb: Sequence[RgbImage]) -> FloatArray:
        self.batches.append(len(crops_rgb))
        means = [crop.reshape(-1, 3).mean(axis=0) for crop in crops_rgb]
        return np.asarray(means, np.float32).reshape(-1, 3)
