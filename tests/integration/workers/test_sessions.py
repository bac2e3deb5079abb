"""Whole sessions through real queues, rows and worker processes, and what kills cannot do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from redis import Redis

from cli.services.process import Child
from cli.services.redis import RedisServer
from tests.integration.workers.processes import SupervisedWorker, wait_until
from tests.integration.workers.stack import Stack, kill

pytestmark = pytest.mark.services


class Floor:
    """A stack with its workers: two for pictures, one that sorts, one that asks for sweeps."""

    def __init__(self, stack: Stack, redis: RedisServer) -> None:
        self.stack = stack
        self.redis = redis
        self.gpu = stack.start_gpu_worker("gpu")
        self.spare = stack.start_gpu_worker("spare")
        self.sort = stack.start_sort_worker("sort")
        self.beat: Child = stack.start_beat()

    @property
    def workers(self) -> list[SupervisedWorker]:
        return [self.gpu, self.spare, self.sort]

    def look(self) -> None:
        for worker in self.workers:
            worker.look()

    def await_workers(self) -> None:
        """Wait until all three beat; on a busy machine their imports take long."""
        wait_until(lambda: len(self.stack.store.load_workers(4)) == 3, 120, "three workers beat")

    def close(self) -> None:
        for worker in self.workers:
            worker.child.kill()
        self.beat.kill()

    def make_session(self, n_images: int) -> str:
        session_id = self.stack.open_session()
        for index in range(n_images):
            self.stack.add_picture(session_id, index)
        self.stack.seal(session_id)
        return session_id

    def assert_sorted(self, session_id: str, n_images: int) -> None:
        self.stack.await_end(session_id, self.look)
        self.stack.assert_sorted_once(session_id, n_images)


@pytest.fixture(scope="module")
def floor(stack: Stack, own_redis: RedisServer) -> Iterator[Floor]:
    floor = Floor(stack, own_redis)
    floor.await_workers()
    yield floor
    floor.close()


def test_a_whole_session_goes_from_pictures_to_a_plan(floor: Floor) -> None:
    session_id = floor.make_session(5)
    floor.assert_sorted(session_id, 5)


def test_many_sessions_at_once_each_end_with_their_own_plan(floor: Floor) -> None:
    sessions = [floor.make_session(n_images=3) for _ in range(8)]
    for session_id in sessions:
        floor.assert_sorted(session_id, 3)


def test_messages_that_come_twice_change_nothing(floor: Floor) -> None:
    session_id = floor.stack.open_session()
    images = [floor.stack.add_picture(session_id, index) for index in range(3)]
    for image in [*images, *reversed(images)]:
        floor.stack.publish(image)
    floor.stack.seal(session_id)
    floor.stack.seal(session_id)
    floor.stack.queue.publish_sort(session_id, None)
    floor.assert_sorted(session_id, 3)


def test_a_picture_whose_worker_is_killed_is_taken_over_by_another(floor: Floor) -> None:
    stack = floor.stack
    n_before = len(stack.working_pids("detects", "gpu"))
    stack.hold("gpu")
    stack.hold("spare")
    session_id = floor.make_session(4)
    pid = stack.await_work("detects", "gpu", n_before + 1)
    kill(pid)
    stack.let_go("spare")
    stack.await_end(session_id)  # the killed worker is not started again
    stack.assert_sorted_once(session_id, 4)
    stack.let_go("gpu")
    assert any(image.attempt == 2 for image in stack.store.load_images(session_id))


def test_a_sort_whose_child_process_is_killed_is_done_again(floor: Floor) -> None:
    stack = floor.stack
    n_before = len(stack.working_pids("embeds", "sort"))
    stack.hold("sort")
    session_id = floor.make_session(2)
    kill(stack.await_work("embeds", "sort", n_before + 1))
    stack.let_go("sort")
    floor.assert_sorted(session_id, 2)


def test_a_sort_whose_whole_worker_is_killed_is_done_again(floor: Floor) -> None:
    stack = floor.stack
    n_before = len(stack.working_pids("embeds", "sort"))
    stack.hold("sort")
    session_id = floor.make_session(2)
    stack.await_work("embeds", "sort", n_before + 1)
    floor.sort.child.kill()
    stack.let_go("sort")
    floor.assert_sorted(session_id, 2)


def test_a_redis_emptied_in_the_middle_of_a_session_costs_nothing(floor: Floor) -> None:
    stack = floor.stack
    floor.look()
    counts = {name: len(stack.working_pids("detects", name)) for name in ("gpu", "spare")}
    for name in counts:
        stack.hold(name)
    session_id = floor.make_session(8)
    for name, n_before in counts.items():
        wait_until(
            lambda name=name, n=n_before: len(stack.working_pids("detects", name)) > n, 60, name
        )
    with Redis.from_url(floor.redis.url()) as client:
        client.flushall()
    for name in counts:
        stack.let_go(name)
    floor.assert_sorted(session_id, 8)


def test_a_worker_asked_to_stop_ends_what_it_holds_first(floor: Floor) -> None:
    stack = floor.stack
    worker = stack.start_gpu_worker("leaving")
    stack.hold("gpu")
    stack.hold("spare")
    stack.hold("leaving")
    session_id = floor.make_session(6)
    stack.await_work("detects", "leaving")
    worker.child.ask_to_stop()
    stack.let_go("leaving")
    assert worker.child.stop() == 0
    stack.let_go("gpu")
    stack.let_go("spare")
    floor.assert_sorted(session_id, 6)
