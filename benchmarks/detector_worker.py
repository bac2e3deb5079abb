"""A GPU worker of a local stack, fed through the real queue and rows, as its robots feed it."""

from __future__ import annotations

import hashlib
import os
import signal
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from cli.programs import gpu_worker_name
from cli.services.network import LOOPBACK
from cli.stack import LocalStack
from sorter.errors import SorterBotError, TransientError
from sorter.types import Arm, ImageSize
from storage.bootstrap import make_image_store
from storage.records import ImageRecord, ImageState, NewImage
from workers.queue import CeleryQueue

N_ROBOTS = 8
WORKER = gpu_worker_name(1)
LOOK_EVERY_S = 1.0  # the time that counts stands in the rows; looking costs the worker its cores
GIVE_UP_S = 600.0
_BATCHES = "sorterbot_batch_images"


@dataclass(frozen=True, slots=True)
class Batches:
    """What a worker has counted so far: calls of its network, and the pictures in them."""

    n_calls: float = 0.0
    n_pictures: float = 0.0

    def since(self, earlier: Batches) -> Batches:
        """Return what was counted after ``earlier``."""
        return Batches(self.n_calls - earlier.n_calls, self.n_pictures - earlier.n_pictures)

    @property
    def mean(self) -> float:
        """Pictures a call; 0 without any."""
        return self.n_pictures / self.n_calls if self.n_calls else 0.0


@dataclass(frozen=True, slots=True)
class Burst:
    """What became of pictures that were all published at once.

    Attributes:
        seconds: From the first message to the last row of detections.
        mean_batch: Pictures a call of the network.
    """

    seconds: float
    mean_batch: float


class FedWorker:
    """Publishes pictures to the only GPU worker of a stack, and waits for all of them.

    The worker stands still while robots post. The clock starts when it may go on, with all
    pictures in its queue, and stops at the commit of the last one's detections. Sessions stay
    open, so that nothing is sorted.
    """

    def __init__(self, stack: LocalStack, metrics_port: int) -> None:
        self._store = stack.store
        self._images = make_image_store(stack.environment["SORTERBOT_IMAGE_STORE"])
        self._queue = CeleryQueue(
            stack.environment["SORTERBOT_BROKER_URL"], stack.environment["SORTERBOT_RESULTS_URL"]
        )
        self._stack = stack
        self._metrics_url = f"http://{LOOPBACK}:{metrics_port}/metrics"

    def close(self) -> None:
        """Close the connections to the queue."""
        self._queue.close()

    def feed(self, pictures: Sequence[bytes], size: ImageSize) -> Burst:
        """Let the worker detect all pictures, which come from ``N_ROBOTS`` robots in turn.

        Raises:
            SorterBotError: A picture could not be read.
            TransientError: The worker does not come to an end.
        """
        before = self._load_batches()
        with self._standing_still():
            accepted = self._accept(pictures, size)
        started_at = time.time()
        ended_at = self._await_all({image.session_id for image in accepted})
        batches = self._load_batches().since(before)
        return Burst(ended_at - started_at, batches.mean)

    @contextmanager
    def _standing_still(self) -> Iterator[None]:
        """Stop the worker, for less than the time after which it would be taken for dead."""
        pid = self._stack.supervisor.pid(WORKER)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def _accept(self, pictures: Sequence[bytes], size: ImageSize) -> list[ImageRecord]:
        sessions = [self._open_session(number) for number in range(min(N_ROBOTS, len(pictures)))]
        accepted = []
        for number, data in enumerate(pictures):
            session_id = sessions[number % len(sessions)]
            new = NewImage(
                position_pw=1000.0 + number,
                key=self._images.save_image(session_id, data),
                sha256=hashlib.sha256(data).hexdigest(),
                size=size,
                n_bytes=len(data),
            )
            image = self._store.accept_image(session_id, new, None).image
            self._queue.publish_image(image.session_id, image.image_id, image.index, None)
            self._store.mark_published(image.image_id)
            accepted.append(image)
        return accepted

    def _open_session(self, number: int) -> str:
        arm_id = f"ARM{number:03}"
        self._store.save_arm(Arm(arm_id))
        session, _ = self._store.open_session(
            arm_id,
            expected_images=None,
            min_images=1,
            deadline_s=2 * GIVE_UP_S,
            idempotency_key=None,
            request_id=None,
        )
        return session.session_id

    def _await_all(self, sessions: set[str]) -> float:
        """Return when the last picture was finished, by the database's clock, seconds."""
        give_up_s = time.monotonic() + GIVE_UP_S
        waiting = set(sessions)
        while waiting := {each for each in waiting if not self._is_done(each)}:
            if time.monotonic() > give_up_s:
                raise TransientError(f"the worker was not done after {GIVE_UP_S:.0f} s")
            time.sleep(LOOK_EVERY_S)
        images = [image for each in sessions for image in self._store.load_images(each)]
        _require_detected(images)
        return max(image.finished_at.timestamp() for image in images if image.finished_at)

    def _is_done(self, session_id: str) -> bool:
        session = self._store.load_session(session_id)
        return session.n_detected + session.n_failed == session.n_images

    def _load_batches(self) -> Batches:
        with urllib.request.urlopen(self._metrics_url, timeout=10) as answer:  # noqa: S310
            return batches_from_metrics(answer.read().decode())


def batches_from_metrics(text: str) -> Batches:
    """Read a GPU worker's counters from what it tells Prometheus."""
    families = {family.name: family for family in text_string_to_metric_families(text)}
    samples: Mapping[str, float] = (
        {sample.name: sample.value for sample in families[_BATCHES].samples}
        if _BATCHES in families
        else {}
    )
    return Batches(samples.get(f"{_BATCHES}_count", 0.0), samples.get(f"{_BATCHES}_sum", 0.0))


def _require_detected(images: Sequence[ImageRecord]) -> None:
    failed = [image for image in images if image.state is not ImageState.DETECTED]
    if failed:
        raise SorterBotError(f"{len(failed)} pictures were not detected: {failed[0].failure}")
