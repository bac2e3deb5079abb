"""An arm that floods and another that posts a few pictures, on real queues, rows and workers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sorter.types import Arm
from storage.records import FairShare, ImageRecord
from tests.integration.workers.processes import SupervisedWorker, wait_until
from tests.integration.workers.stack import MAX_BATCH, Stack

pytestmark = pytest.mark.services

SHARE = FairShare(per_worker=MAX_BATCH + MAX_BATCH // 2)
N_FLOOD, N_OTHER = 200, 5


@pytest.fixture
def worker(stack: Stack) -> Iterator[SupervisedWorker]:
    stack.environment["SORTERBOT_ARM_SHARE"] = str(SHARE.per_worker)
    worker = stack.start_gpu_worker("gpu", concurrency=None)
    wait_until(lambda: len(stack.store.load_workers(4)) == 1, 120, "the worker beats")
    yield worker
    worker.child.kill()
    stack.let_go("gpu")


def post(stack: Stack, arm_id: str, n: int) -> str:
    """Take pictures in and publish what the arm's share allows, as the gateway does."""
    stack.store.save_arm(Arm(arm_id))
    session_id = stack.open_session(arm_id)
    for index in range(n):
        stack.accept_picture(session_id, index)
        for image in stack.store.take_turns(session_id, SHARE):
            stack.publish(image)
    return session_id


def ended_before(images: list[ImageRecord], last: ImageRecord) -> int:
    return sum(i.finished_at is not None and i.finished_at <= last.finished_at for i in images)


def test_a_flood_delays_another_arm_by_no_more_than_its_share_and_every_picture_is_read(
    stack: Stack, worker: SupervisedWorker
) -> None:
    stack.hold("gpu")
    flood = post(stack, "flood", N_FLOOD)
    stack.await_work("detects", "gpu")
    other = post(stack, "other", N_OTHER)
    stack.let_go("gpu")
    for session_id, n in ((flood, N_FLOOD), (other, N_OTHER)):
        worker.wait_until(
            lambda s=session_id, n=n: stack.store.load_session(s).n_detected == n, 240, f"{n} read"
        )
    last = max(stack.store.load_images(other), key=lambda image: image.finished_at)
    n_before = ended_before(stack.store.load_images(flood), last)
    n_beside = 2 * MAX_BATCH  # as many as the worker's threads work on with the other arm's
    assert n_before <= SHARE.per_worker + n_beside
    assert stack.queue.load_lengths().gpu == 0
