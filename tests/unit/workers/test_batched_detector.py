from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import numpy as np
import pytest

from sorter.types import Detections
from tests.unit.workers.world import make_detections
from vision.ports import DeviceLostError, OutOfMemoryError, RgbImage
from workers.batch_limits import BatchLimits
from workers.batched_detector import BatchedDetector
from workers.batching import BatcherClosedError, Call
from workers.watchdog import Watchdog

SOON_S = 20


def make_picture(number: int) -> RgbImage:
    return np.full((4, 5, 3), number, np.uint8)


class NumberDetector:
    """Finds one box, as wide as the picture's number, and remembers each call.

    ``fails`` names the error of a call that holds more than ``n_fit`` pictures.
    """

    version = "number-detector@1"
    input_size_px = (4096, 4096)

    def __init__(self, n_fit: int = 100, fails: type[Exception] = RuntimeError) -> None:
        self.n_fit = n_fit
        self.fails = fails
        self.calls: list[int] = []
        self.threads: set[int] = set()
        self.gate = threading.Semaphore(1000)

    def detect(self, images_rgb: Sequence[RgbImage]) -> list[Detections]:
        assert self.gate.acquire(timeout=SOON_S)
        self.calls.append(len(images_rgb))
        self.threads.add(threading.get_ident())
        if len(images_rgb) > self.n_fit:
            raise self.fails
        return [
            make_detections((0, 0, float(image_rgb[0, 0, 0]), 1, 0, 0.9))
            for image_rgb in images_rgb
        ]


class Shop:
    """A batched detector, the watchdog's clock, and what was told."""

    def __init__(self, detector: NumberDetector) -> None:
        self.told: list[Call] = []
        self.n_ends = 0
        self.detector = detector
        self.batched = BatchedDetector(
            detector,
            BatchLimits(8, 1000),
            Watchdog(end=lambda: None),
            on_call=self.told.append,
            end_worker=self._end,
        )

    def _end(self) -> None:
        self.n_ends += 1

    def detect_all(self, n: int) -> list[float]:
        """Detect pictures from as many threads; return the widths, in order."""
        with ThreadPoolExecutor(n) as threads:
            found = threads.map(self.batched.detect_one, [make_picture(k + 1) for k in range(n)])
            return [float(one.detections.xyxy_px[0, 2]) for one in found]


@contextmanager
def shop_of(detector: NumberDetector) -> Iterator[Shop]:
    shop = Shop(detector)
    with closing(shop.batched):
        yield shop


def test_each_thread_gets_the_detections_of_its_own_picture_from_one_thread() -> None:
    with shop_of(NumberDetector()) as shop:
        assert shop.detect_all(12) == [float(k + 1) for k in range(12)]
        assert shop.batched.version == "number-detector@1"
    assert len(shop.detector.threads) == 1
    assert threading.get_ident() not in shop.detector.threads
    assert sum(shop.detector.calls) == sum(len(call.waited_s) for call in shop.told) == 12


def test_out_of_memory_makes_smaller_calls_and_fails_no_picture(log_records: list[Any]) -> None:
    with shop_of(NumberDetector(n_fit=2, fails=OutOfMemoryError)) as shop:
        shop.detector.gate = threading.Semaphore(0)
        with ThreadPoolExecutor(9) as threads:
            asked = [threads.submit(shop.batched.detect_one, make_picture(9)) for _ in range(9)]
            shop.detector.gate.release(1000)
            assert all(len(one.result(SOON_S).detections) == 1 for one in asked)
    assert max(len(call.waited_s) for call in shop.told) <= 2
    assert {record["event"] for record in log_records} <= {"out of memory"}
    assert sum(record["n_pictures"] > 2 for record in log_records) == len(log_records)
    assert shop.n_ends == 0


def test_each_picture_hears_what_its_call_held_and_how_long_it_waited_for_it() -> None:
    with shop_of(NumberDetector()) as shop:
        shop.detector.gate = threading.Semaphore(0)
        with ThreadPoolExecutor(5) as threads:
            asked = [threads.submit(shop.batched.detect_one, make_picture(9)) for _ in range(5)]
            shop.detector.gate.release(1000)
            heard = [one.result(SOON_S) for one in asked]
    held = [len(call.waited_s) for call in shop.told]
    assert sorted(one.n_together for one in heard) == sorted(n for n in held for _ in range(n))
    assert all(one.wait_s >= 0 and one.forward_s >= 0 for one in heard)
    longest_s = max(call.took_s for call in shop.told)
    assert max(one.forward_s for one in heard) <= longest_s


def test_a_lost_device_ends_the_worker_and_refuses_every_picture() -> None:
    with shop_of(NumberDetector(n_fit=0, fails=DeviceLostError)) as shop:
        for _ in range(3):
            with pytest.raises(BatcherClosedError):
                shop.batched.detect_one(make_picture(1))
        assert shop.detector.calls == [1]
        assert shop.n_ends == 1


def test_a_call_is_watched_and_has_time_for_what_it_holds() -> None:
    watched: list[int] = []

    class Noting(Watchdog):
        @contextmanager
        def watching(self, n_pictures: int = 1) -> Iterator[None]:
            watched.append(n_pictures)
            with super().watching(n_pictures):
                yield

    detector = NumberDetector()
    batched = BatchedDetector(
        detector,
        BatchLimits(8, 1000),
        Noting(),
        on_call=lambda _: None,
        end_worker=lambda: None,
    )
    with closing(batched), ThreadPoolExecutor(5) as threads:
        list(threads.map(batched.detect_one, [make_picture(1)] * 5))
    assert watched == detector.calls
