"""Workers that are asked to end while they work, as real processes, and no sweeper to help."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from storage.records import ImageState
from tests.integration.workers.processes import SupervisedWorker, wait_until
from tests.integration.workers.stack import MAX_BATCH, Stack
from workers.draining import END_WITHIN_S

pytestmark = pytest.mark.services

SLACK_S = 20.0
"""What a busy machine may take for the end of a process beyond what that waits for."""


@pytest.fixture
def workers(stack: Stack) -> Iterator[dict[str, SupervisedWorker]]:
    """Two workers that detect, with batches, and one that sorts. Nobody sweeps."""
    found = {
        "leaving": stack.start_gpu_worker("leaving", concurrency=None),
        "sort": stack.start_sort_worker("sort"),
    }
    wait_until(lambda: len(stack.store.load_workers(4)) >= 2, 120, "the workers beat")
    yield found
    for worker in found.values():
        worker.child.kill()
    for name in found:
        stack.let_go(name)


def make_session(stack: Stack, n_images: int) -> str:
    session_id = stack.open_session()
    for index in range(n_images):
        stack.add_picture(session_id, index)
    stack.seal(session_id)
    return session_id


def await_claims(stack: Stack, session_id: str, n: int) -> None:
    def n_claimed() -> int:
        images = stack.store.load_images(session_id)
        return sum(image.state is ImageState.DETECTING for image in images)

    wait_until(lambda: n_claimed() >= n, 60, f"{n} pictures claimed")


def assert_each_read_at_its_first_attempt(stack: Stack, session_id: str) -> None:
    attempts = {image.attempt for image in stack.store.load_images(session_id)}
    assert attempts == {1}, "no attempt was counted for an end that the pictures had no part in"


def test_a_worker_that_can_finish_does_and_what_it_had_not_begun_waits_for_the_next(
    stack: Stack, workers: dict[str, SupervisedWorker]
) -> None:
    stack.hold("leaving")
    session_id = make_session(stack, 6 * MAX_BATCH)
    await_claims(stack, session_id, 2 * MAX_BATCH)
    worker = workers["leaving"].child
    worker.ask_to_stop()
    stack.let_go("leaving")
    assert worker.stop() == 0
    workers["next"] = stack.start_gpu_worker("next", concurrency=None)
    stack.await_end(session_id)
    stack.assert_sorted_once(session_id, 6 * MAX_BATCH)
    assert_each_read_at_its_first_attempt(stack, session_id)


def test_a_worker_that_cannot_finish_gives_back_what_it_holds_and_ends_well_in_time(
    stack: Stack, workers: dict[str, SupervisedWorker]
) -> None:
    stack.hold("leaving")
    session_id = make_session(stack, 3 * MAX_BATCH)
    await_claims(stack, session_id, 2 * MAX_BATCH)
    workers["next"] = stack.start_gpu_worker("next", concurrency=None)
    began_s = time.monotonic()
    worker = workers["leaving"].child
    worker.ask_to_stop()
    wait_until(lambda: worker.exit_status is not None, END_WITHIN_S + SLACK_S, "its end")
    assert worker.exit_status == 0
    assert time.monotonic() - began_s >= END_WITHIN_S - 1, "it had tried to finish"
    stack.await_end(session_id)
    stack.assert_sorted_once(session_id, 3 * MAX_BATCH)
    assert_each_read_at_its_first_attempt(stack, session_id)


def test_a_sort_that_cannot_end_in_time_is_made_by_the_next_worker(
    stack: Stack, workers: dict[str, SupervisedWorker]
) -> None:
    n_before = len(stack.working_pids("embeds", "sort"))
    stack.hold("sort")
    session_id = make_session(stack, 2)
    stack.await_work("embeds", "sort", n_before + 1)
    worker = workers["sort"].child
    worker.ask_to_stop()
    wait_until(lambda: worker.exit_status is not None, END_WITHIN_S + SLACK_S, "its end")
    assert worker.exit_status == 0
    workers["next-sort"] = stack.start_sort_worker("next-sort")
    stack.await_end(session_id)
    stack.assert_sorted_once(session_id, 2)
