"""One network for all threads of a process: batched, and under the watchdog's eyes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from sorter.types import Detections
from vision.fitting import SizePx
from vision.ports import Detector, DeviceLostError, OutOfMemoryError, RgbImage
from workers.batch_limits import BatchLimits
from workers.batching import Call, MicroBatcher
from workers.services import Detected
from workers.watchdog import Watchdog

_OUT_OF_MEMORY = (OutOfMemoryError, MemoryError)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class _Answer:
    """One picture's part of a call, which began at ``began_s`` and held ``n_together``."""

    detections: Detections
    began_s: float
    took_s: float
    n_together: int


class BatchedDetector:
    """Detects one picture for each of many threads, as :class:`workers.services.OneDetector`.

    Args:
        detector: Called from one thread alone, one call at a time.
        limits: What one call may hold.
        watchdog: Ends the process where a call hangs.
        on_call: Told of each call that was answered.
        end_worker: Called where the device is lost, before any caller hears of it, so that the
            worker takes nothing more that it could not read.
    """

    def __init__(
        self,
        detector: Detector,
        limits: BatchLimits,
        watchdog: Watchdog,
        *,
        on_call: Callable[[Call], None],
        end_worker: Callable[[], None],
    ) -> None:
        self._detector = detector
        self._watchdog = watchdog
        self._end_worker = end_worker
        self._batcher: MicroBatcher[RgbImage, _Answer] = MicroBatcher(
            self._detect_all,
            limits,
            n_pixels=_n_pixels,
            out_of_memory=_OUT_OF_MEMORY,
            fatal=(DeviceLostError,),
            on_call=on_call,
            on_death=self._note_death,
        )

    @property
    def version(self) -> str:
        return self._detector.version

    @property
    def input_size_px(self) -> SizePx:
        return self._detector.input_size_px

    def detect_one(self, image_rgb: RgbImage) -> Detected:
        began_s = time.monotonic()
        answer = self._batcher.ask(image_rgb)
        wait_s = max(answer.began_s - began_s, 0.0)
        return Detected(answer.detections, wait_s, answer.took_s, answer.n_together)

    def close(self) -> None:
        """Detect no more; who waits is refused."""
        self._batcher.close()

    def _detect_all(self, images_rgb: Sequence[RgbImage]) -> list[_Answer]:
        n = len(images_rgb)
        began_s = time.monotonic()
        try:
            with self._watchdog.watching(n):
                found = self._detector.detect(images_rgb)
        except _OUT_OF_MEMORY:
            _log.warning("out of memory", n_pictures=n)
            raise
        took_s = time.monotonic() - began_s
        return [_Answer(detections, began_s, took_s, n) for detections in found]

    def _note_death(self, error: BaseException) -> None:
        _log.critical("the device is lost, this worker ends", exc_info=error)
        self._end_worker()


def _n_pixels(image_rgb: RgbImage) -> int:
    height_px, width_px = image_rgb.shape[:2]
    return int(height_px * width_px)
