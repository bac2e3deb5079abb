"""Batches in real worker processes: what a burst, a bad picture and the process's end do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from storage.records import ImageState, SessionState
from tests.integration.workers.processes import SupervisedWorker, wait_until
from tests.integration.workers.stack import MAX_BATCH, Stack, kill
from workers.watchdog import EXIT_STATUS

pytestmark = [pytest.mark.services, pytest.mark.timeout(600, func_only=True)]

DEADLY_RGB, BAD_RGB, STICKY_RGB = (255, 0, 0), (0, 255, 0), (0, 0, 255)


class Shop:
    """A stack with one worker that batches, one that sorts, and one that asks for sweeps."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.gpu: SupervisedWorker = stack.start_gpu_worker("gpu", concurrency=None)
        self.sort = stack.start_sort_worker("sort")
        self.beat = stack.start_beat()

    def look(self) -> None:
        self.gpu.look()
        self.sort.look()

    def close(self) -> None:
        for worker in (self.gpu, self.sort):
            worker.child.kill()
        self.beat.kill()

    def make_session(self, n_images: int, odd_rgb: tuple[int, int, int] | None = None) -> str:
        """Make a session in which, where a colour is given, the first picture has it."""
        session_id = self.stack.open_session()
        for index in range(n_images):
            self.stack.add_picture(session_id, index, odd_rgb if index == 0 else None)
        self.stack.seal(session_id)
        return session_id

    def make_session_that_waits(
        self, n_images: int, odd_rgb: tuple[int, int, int] | None = None
    ) -> str:
        """Make a session all of whose pictures wait behind the first, in threads of their own."""
        self.stack.hold("gpu")
        session_id = self.make_session(n_images, odd_rgb)

        def are_all_claimed() -> bool:
            images = self.stack.store.load_images(session_id)
            return all(image.state is ImageState.DETECTING for image in images)

        wait_until(are_all_claimed, 60, f"a thread for each of {n_images} pictures")
        return session_id

    def calls(self) -> list[int]:
        """Return how many pictures each call of the network held."""
        return self.stack.amounts("detects", "gpu")

    def assert_only_the_first_failed(self, session_id: str, n_images: int) -> None:
        session = self.stack.await_end(session_id, self.look)
        states = [image.state for image in self.stack.store.load_images(session_id)]
        assert states == [ImageState.FAILED] + [ImageState.DETECTED] * (n_images - 1)
        assert session.state is SessionState.PARTIAL
        assert "3 attempts" in (self.stack.store.load_images(session_id)[0].failure or "")


@pytest.fixture(scope="module")
def shop(stack: Stack) -> Iterator[Shop]:
    shop = Shop(stack)
    wait_until(lambda: len(stack.store.load_workers(4)) == 2, 120, "two workers beat")
    yield shop
    shop.close()


def test_a_burst_is_read_in_batches_by_a_worker_that_was_told_no_number_of_threads(
    shop: Shop,
) -> None:
    n_before = len(shop.calls())
    session_id = shop.make_session_that_waits(2 * MAX_BATCH)
    shop.stack.let_go("gpu")
    shop.stack.await_end(session_id, shop.look)
    shop.stack.assert_sorted_once(session_id, 2 * MAX_BATCH)
    sizes = shop.calls()[n_before:]
    assert sum(sizes) == 2 * MAX_BATCH
    assert max(sizes) == MAX_BATCH


def test_a_process_killed_in_the_middle_of_a_batch_loses_none_of_its_pictures(shop: Shop) -> None:
    n_before = len(shop.calls())
    session_id = shop.make_session_that_waits(2 * MAX_BATCH)
    shop.stack.hold("gpu", "hold-batches")
    shop.stack.let_go("gpu")
    wait_until(lambda: max(shop.calls()[n_before:], default=0) > 1, 60, "a batch")
    kill(shop.stack.working_pids("detects", "gpu")[-1])
    shop.stack.let_go("gpu", "hold-batches")
    shop.stack.await_end(session_id, shop.look)
    shop.stack.assert_sorted_once(session_id, 2 * MAX_BATCH)
    assert sum(image.attempt > 1 for image in shop.stack.store.load_images(session_id)) > 1


def test_a_picture_that_breaks_every_call_fails_alone(shop: Shop) -> None:
    session_id = shop.make_session(6, odd_rgb=BAD_RGB)
    shop.assert_only_the_first_failed(session_id, 6)
    attempts = [image.attempt for image in shop.stack.store.load_images(session_id)]
    assert attempts == [3, 1, 1, 1, 1, 1]


def test_a_picture_that_kills_its_process_each_time_takes_no_neighbour_with_it(shop: Shop) -> None:
    n_exits = len(shop.gpu.exit_statuses)
    session_id = shop.make_session_that_waits(6, odd_rgb=DEADLY_RGB)
    shop.stack.let_go("gpu")
    shop.assert_only_the_first_failed(session_id, 6)
    assert shop.gpu.exit_statuses[n_exits:] == [-9, -9, -9]


def test_a_lost_device_ends_its_worker_in_good_order_and_loses_nothing(shop: Shop) -> None:
    n_exits = len(shop.gpu.exit_statuses)
    session_id = shop.make_session(6, odd_rgb=STICKY_RGB)
    shop.stack.await_end(session_id, shop.look)
    shop.stack.assert_sorted_once(session_id, 6)
    assert shop.gpu.exit_statuses[n_exits:] == [EXIT_STATUS]
