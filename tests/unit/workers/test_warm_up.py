from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from sorter.errors import InvalidInputError
from sorter.types import Detections, FloatArray
from tests.fakes import FakeDetector
from vision.ports import OutOfMemoryError, RgbImage
from workers.warm_up import CROPS, warm_up, warm_up_sorting


class TimedDetector(FakeDetector):
    """Takes so long for each picture, and once more for its first call."""

    def __init__(self, picture_s: float, n_fit: int = 100) -> None:
        super().__init__()
        self.picture_s = picture_s
        self.n_fit = n_fit
        self.now_s = 0.0
        self.calls: list[int] = []

    def detect(self, images_rgb: Sequence[RgbImage]) -> list[Detections]:
        self.now_s += self.picture_s * len(images_rgb) + (0 if self.calls else 100)
        self.calls.append(len(images_rgb))
        if len(images_rgb) > self.n_fit:
            raise OutOfMemoryError
        return super().detect(images_rgb)

    def warm_up(self) -> list[int]:
        """Warm it up; return how many pictures each call held."""
        warm_up(self, 8, monotonic=lambda: self.now_s)
        return self.calls


def test_a_quick_network_sees_the_largest_batch_before_work_comes() -> None:
    assert TimedDetector(picture_s=0.02).warm_up() == [1, 1, 8]


def test_a_slow_network_is_not_kept_from_its_work() -> None:
    assert TimedDetector(picture_s=3.0).warm_up() == [1, 1]


def test_a_batch_that_does_not_fit_stops_no_worker() -> None:
    assert TimedDetector(picture_s=0.02, n_fit=4).warm_up() == [1, 1, 8]


def test_a_network_that_cannot_read_a_single_picture_does() -> None:
    with pytest.raises(OutOfMemoryError):
        TimedDetector(picture_s=0.02, n_fit=0).warm_up()
    broken = FakeDetector()
    broken.error = InvalidInputError("no such device")
    with pytest.raises(InvalidInputError):
        warm_up(broken, 8)


def test_a_sort_worker_has_embedded_a_tables_worth_before_its_first_session() -> None:
    batches = []

    class Counting:
        version = "counting@1"

        def embed(self, crops_rgb: Sequence[RgbImage]) -> FloatArray:
            batches.append(len(crops_rgb))
            return np.ones((len(crops_rgb), 4), np.float32)

    warm_up_sorting(Counting())
    assert batches == [CROPS]
