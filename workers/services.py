"""What the tasks work with, handed in as one value."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from sorter.types import Clustering, Detections
from storage.ports import ImageStore, Store
from storage.records import FairShare
from vision.decode import DEFAULT_MAX_PIXELS
from vision.ports import Embedder, RgbImage
from workers.crops import AT_A_TIME
from workers.held import Held
from workers.isolation import Isolation
from workers.metrics import WorkerMetrics
from workers.pixel_budget import PixelBudget
from workers.ports import WorkQueue
from workers.retrying import Sleep

MAX_PIXELS_AT_ONCE = 128_000_000
"""Of all pictures that a process holds decoded: a gigabyte while they are being decoded."""

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, eq=False)
class Detected:
    """What a picture shows, and what it cost.

    Attributes:
        wait_s: From its being handed in to the call of the network that answered it.
        forward_s: That call.
        n_together: Pictures that the call held.
    """

    detections: Detections
    wait_s: float
    forward_s: float
    n_together: int


class OneDetector(Protocol):
    """Finds items and containers, a picture for each of many threads."""

    @property
    def version(self) -> str:
        """Name and version of the model package, as ``name@version``."""
        ...

    @property
    def input_size_px(self) -> tuple[int, int]:
        """As :class:`vision.ports.Detector` says."""
        ...

    def detect_one(self, image_rgb: RgbImage) -> Detected:
        """Return the picture's detections, as :meth:`vision.ports.Detector.detect` does.

        Raises:
            TransientError: The device did not answer, or answers no more.
        """
        ...

    def close(self) -> None:
        """Detect no more: whoever waits, or comes later, gets a TransientError."""
        ...


class LoadedOnce(Generic[Value]):
    """Something slow to make, made when first asked for and by one thread only."""

    def __init__(self, make: Callable[[], Value]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: list[Value] = []

    def get(self) -> Value:
        """Return it; whoever comes while it is being made waits."""
        with self._lock:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]


@dataclass(frozen=True, slots=True)
class Rules:
    """When work counts as lost, and when it is given up.

    Attributes:
        dead_after_s: A worker silent for that long is dead; heartbeats come every second.
        max_attempts: Claims of one picture, or of one session, before it is given up.
        unpublished_s: An accepted picture whose message was never confirmed waits that long.
        stuck_s: Work that an empty queue should have finished waits that long.
        sort_stuck_s: A session whose pictures are final, but which nobody sorts, waits that long.
        short_queue: Up to so many messages the sort queue drains within seconds.
        image_grace_s: Beyond a session's deadline, unfinished pictures are failed.
        forget_after_s: The rows of workers silent for that long are deleted.
        max_image_pixels: A picture of more is not decoded.
        share: How much of the queue is one arm's.
    """

    dead_after_s: float = 5.0
    max_attempts: int = 3
    unpublished_s: float = 5.0
    stuck_s: float = 10.0
    sort_stuck_s: float = 2.0
    short_queue: int = 10
    image_grace_s: float = 300.0
    forget_after_s: float = 3600.0
    max_image_pixels: int = DEFAULT_MAX_PIXELS
    share: FairShare = field(default_factory=FairShare)


@dataclass(frozen=True, slots=True)
class Services:
    """The world of one worker process.

    Attributes:
        worker_id: Names the process that does the work, and beats under this name.
        detector: Loaded by processes that serve the queue ``gpu``.
        embedder: Loaded by processes that serve the queue ``sort``.
        sleep: Waits that many seconds.
        isolation: Keeps a picture that is tried again apart from the others.
        held: What the process works on, to be given back where it has to end.
        clustering: How alike items become clusters.
        pixels: What the pictures that are decoded at a time may take of the memory.
        reads_at_a_time: Pictures that are read again side by side to cut out what is compared.
    """

    worker_id: str
    store: Store
    images: ImageStore
    queue: WorkQueue
    detector: LoadedOnce[OneDetector]
    embedder: LoadedOnce[Embedder]
    sleep: Sleep
    rules: Rules = field(default_factory=Rules)
    clustering: Clustering = Clustering.KMEANS
    isolation: Isolation = field(default_factory=Isolation)
    held: Held = field(default_factory=Held)
    metrics: WorkerMetrics = field(default_factory=WorkerMetrics)
    pixels: PixelBudget = field(default_factory=lambda: PixelBudget(MAX_PIXELS_AT_ONCE))
    reads_at_a_time: int = AT_A_TIME
