from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sorter.types import Detections
from tests.fakes import FakeDetector
from vision.ports import RgbImage
from workers.watchdog import Watchdog, WatchedDetector

PICTURE = np.zeros((4, 4, 3), np.uint8)


class Kennel:
    """A watchdog, the clock it looks at, and how often it ended the process."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.n_ends = 0
        self.watchdog = Watchdog(10, end=self._end, monotonic=lambda: self.now_s)

    def _end(self) -> None:
        self.n_ends += 1


@pytest.fixture
def kennel() -> Kennel:
    return Kennel()


def test_what_takes_longer_than_the_limit_ends_the_process(kennel: Kennel) -> None:
    with kennel.watchdog.watching():
        kennel.now_s = 9
        kennel.watchdog.look()
        assert kennel.n_ends == 0
        kennel.now_s = 11
        kennel.watchdog.look()
    assert kennel.n_ends == 1


def test_idling_however_long_ends_nothing(kennel: Kennel) -> None:
    with kennel.watchdog.watching():
        pass
    kennel.now_s = 1000
    kennel.watchdog.look()
    assert kennel.n_ends == 0


def test_each_call_has_the_whole_limit_for_itself(kennel: Kennel) -> None:
    for start_s in (0, 9, 18):
        kennel.now_s = start_s
        with kennel.watchdog.watching():
            kennel.now_s = start_s + 9
            kennel.watchdog.look()
    assert kennel.n_ends == 0


def test_a_call_that_raises_is_watched_no_more(kennel: Kennel) -> None:
    detector = FakeDetector()
    detector.error = RuntimeError("no")
    with pytest.raises(RuntimeError):
        WatchedDetector(detector, kennel.watchdog).detect([PICTURE])
    kennel.now_s = 1000
    kennel.watchdog.look()
    assert kennel.n_ends == 0


def test_a_thread_of_its_own_ends_a_process_that_hangs() -> None:
    ended = threading.Event()
    watchdog = Watchdog(0.01, end=ended.set)
    watchdog.start(every_s=0.005)
    with watchdog.watching():
        assert ended.wait(5)


def test_threads_take_turns_on_the_device(kennel: Kennel) -> None:
    running, most = 0, 0

    class Counting(FakeDetector):
        def detect(self, images_rgb: Sequence[RgbImage]) -> list[Detections]:
            nonlocal running, most
            running += 1
            most = max(most, running)
            threading.Event().wait(0.005)
            running -= 1
            return super().detect(images_rgb)

    counting = Counting()
    watched = WatchedDetector(counting, kennel.watchdog)
    assert watched.version == counting.version
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(watched.detect, [[PICTURE]] * 8))
    assert most == 1
    assert len(counting.seen) == 8
