from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sorter.types import Detections
from tests.fakes import FakeDetector
from tests.unit.workers.world import HEIGHT_PX, WIDTH_PX, World
from vision.ports import RgbImage
from workers.detecting import detect_image
from workers.pixel_budget import PixelBudget

SOON_S = 30.0


@settings(max_examples=20)
@given(st.integers(1, 100), st.lists(st.integers(1, 150), min_size=1, max_size=30))
def test_no_more_pixels_than_the_budget_are_held_but_by_one_alone(
    n_pixels: int, sizes: list[int]
) -> None:
    budget, lock, held = PixelBudget(n_pixels), threading.Lock(), []
    seen: list[list[int]] = []

    def work(size: int) -> None:
        with budget.taking(size):
            with lock:
                held.append(size)
                seen.append(list(held))
            with lock:
                held.remove(size)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, sizes))
    assert len(seen) == len(sizes), "everybody was let in"
    assert all(len(together) == 1 or sum(together) <= n_pixels for together in seen)


def test_a_large_picture_is_not_kept_waiting_by_small_ones_that_came_later() -> None:
    budget = PixelBudget(10)
    order: list[str] = []

    def work(name: str, size: int) -> None:
        with budget.taking(size):
            order.append(name)

    with budget.taking(5):
        large = threading.Thread(target=work, args=("large", 10))
        large.start()
        while not budget._turn.locked():
            time.sleep(0.001)
        small = threading.Thread(target=work, args=("small", 1))
        small.start()
        small.join(0.1)
        assert order == [], "the small one waits its turn"
    large.join(SOON_S)
    small.join(SOON_S)
    assert order == ["large", "small"]


def test_room_comes_back_also_from_a_picture_that_failed() -> None:
    budget = PixelBudget(10)
    with pytest.raises(ValueError, match="broken"), budget.taking(10):
        raise ValueError("broken")
    with budget.taking(10):
        pass


class CrowdedDetector(FakeDetector):
    """Notes how many pictures were before it at once."""

    def __init__(self) -> None:
        super().__init__()
        self.n_now = self.n_most = 0
        self.lock = threading.Lock()

    def detect(self, images_rgb: Sequence[RgbImage]) -> list[Detections]:
        with self.lock:
            self.n_now += 1
            self.n_most = max(self.n_most, self.n_now)
        time.sleep(0.02)
        with self.lock:
            self.n_now -= 1
        return super().detect(images_rgb)


@pytest.mark.parametrize(("n_pictures", "n_most"), [(0, 1), (2, 2)])
def test_a_worker_holds_no_more_pictures_than_its_memory_is_meant_for(
    n_pictures: int, n_most: int
) -> None:
    world = World()
    world.detector = CrowdedDetector()
    budget = PixelBudget(n_pictures * WIDTH_PX * HEIGHT_PX)
    services = replace(world.services, pixels=budget)
    session_id = world.open_session()
    images = [world.add_picture(session_id) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        jobs = [pool.submit(detect_image, i.image_id, session_id, services) for i in images]
    assert all(job.result() for job in jobs)
    assert world.detector.n_most <= n_most
