"""The contract of every work queue, and what only the real one does."""

from __future__ import annotations

import json
import socket
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from redis import Redis

from cli.services.network import free_port
from sorter.errors import TransientError
from tests.fakes import FakeQueue
from workers.ports import QueueLengths, WorkQueue
from workers.queue import CeleryQueue
from workers.settings import MESSAGE_VERSION

pytestmark = pytest.mark.services

CALLS: dict[str, Callable[[WorkQueue], object]] = {
    "image": lambda queue: queue.publish_image("s1", "i1", 0, "r1"),
    "closing": lambda queue: queue.publish_closing("s1", 1, "r1"),
    "sort": lambda queue: queue.publish_sort("s1", "r1"),
    "lengths": lambda queue: queue.load_lengths(),
}


@pytest.fixture
def real_queue(redis_url: str) -> Iterator[CeleryQueue]:
    queue = CeleryQueue(redis_url, redis_url.removesuffix("/0") + "/1")
    yield queue
    queue.close()


@pytest.fixture(params=["fake", "real"])
def queue(request: pytest.FixtureRequest) -> WorkQueue:
    return FakeQueue() if request.param == "fake" else request.getfixturevalue("real_queue")


@pytest.fixture(params=["fake", "refusing", "hanging"])
def dead_queue(request: pytest.FixtureRequest) -> Iterator[WorkQueue]:
    if request.param == "fake":
        fake = FakeQueue()
        fake.is_down = True
        yield fake
        return
    with socket.socket() as listener:
        if request.param == "hanging":  # accepts by its backlog, and never answers
            listener.bind(("127.0.0.1", 0))
            listener.listen(100)
            port = listener.getsockname()[1]
        else:
            port = free_port()
        queue = CeleryQueue(f"redis://127.0.0.1:{port}/0", f"redis://127.0.0.1:{port}/1")
        yield queue
        queue.close()


def read_messages(redis_url: str, queue: str) -> list[dict[str, Any]]:
    with Redis.from_url(redis_url) as client:
        return [json.loads(message) for message in reversed(client.lrange(queue, 0, -1))]


def test_an_empty_queue_has_no_length(queue: WorkQueue) -> None:
    assert queue.load_lengths() == QueueLengths(gpu=0, sort=0)


def test_pictures_and_closings_wait_on_one_queue_and_sorts_on_another(queue: WorkQueue) -> None:
    queue.publish_image("s1", "i1", 0, "r1")
    queue.publish_image("s1", "i2", 1, None)
    queue.publish_closing("s1", 2, "r1")
    queue.publish_sort("s1", None)
    assert queue.load_lengths() == QueueLengths(gpu=3, sort=1)


def test_a_repeat_is_taken_like_any_other_message(queue: WorkQueue) -> None:
    for _ in range(3):
        queue.publish_image("s1", "i1", 0, "r1")
    assert queue.load_lengths().gpu == 3


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_a_dead_broker_is_told_as_transient_within_about_a_second(
    dead_queue: WorkQueue, call: Callable[[WorkQueue], object]
) -> None:
    began_s = time.monotonic()
    with pytest.raises(TransientError):
        call(dead_queue)
    assert time.monotonic() - began_s < 2


def test_a_repeat_has_the_same_task_id_and_index(real_queue: CeleryQueue, redis_url: str) -> None:
    for _ in range(2):
        real_queue.publish_image("s1", "i1", 4, "r1")
    first, second = (message["headers"] for message in read_messages(redis_url, "gpu"))
    assert (first["id"], first["group"], first["group_index"]) == ("s1:4", "s1", 4)
    assert (second["id"], second["group"], second["group_index"]) == ("s1:4", "s1", 4)


def test_the_closing_member_comes_last_and_the_size_counts_it(
    real_queue: CeleryQueue, redis_url: str
) -> None:
    real_queue.publish_closing("s1", 3, "r1")
    headers = read_messages(redis_url, "gpu")[0]["headers"]
    assert (headers["id"], headers["group_index"]) == ("s1:closing", 3)
    with Redis.from_url(redis_url.removesuffix("/0") + "/1") as results:
        assert results.get("celery-taskset-meta-s1.s") == b"4"


def test_messages_carry_ids_the_request_and_nothing_large(
    real_queue: CeleryQueue, redis_url: str
) -> None:
    real_queue.publish_image("s1", "i1", 0, "r1")
    message = read_messages(redis_url, "gpu")[0]
    arguments, _, embed = json.loads(b64decode(message["body"]))
    assert arguments == ["i1"]
    assert embed["chord"]["task"] == "sorterbot.sort_session"
    assert embed["chord"]["immutable"] is True
    assert embed["chord"]["options"]["task_id"] == "s1:sort"
    assert message["headers"]["sorterbot_request_id"] == "r1"
    assert len(json.dumps(message)) < 2500


@pytest.mark.parametrize("version", [MESSAGE_VERSION, MESSAGE_VERSION + 1])
def test_every_message_says_its_version_and_so_does_the_one_that_it_leads_to(
    redis_url: str, version: int
) -> None:
    queue = CeleryQueue(redis_url, redis_url.removesuffix("/0") + "/1", version=version)
    for name in ("image", "closing", "sort"):
        CALLS[name](queue)
    queue.close()
    image, closing = read_messages(redis_url, "gpu")
    (sort,) = read_messages(redis_url, "sort")
    assert [m["headers"]["sorterbot_version"] for m in (image, closing, sort)] == [version] * 3
    _, _, embed = json.loads(b64decode(image["body"]))
    assert embed["chord"]["options"]["headers"]["sorterbot_version"] == version


def test_a_message_tells_whoever_watches_which_session_and_picture_it_is_about(
    real_queue: CeleryQueue, redis_url: str
) -> None:
    real_queue.publish_image("s1", "i1", 0, "r1")
    real_queue.publish_closing("s1", 1, "r1")
    real_queue.publish_sort("s1", "r1")
    image, closing = read_messages(redis_url, "gpu")
    (sort,) = read_messages(redis_url, "sort")
    assert [m["headers"]["argsrepr"] for m in (image, closing, sort)] == [
        "session=s1 picture=0 image=i1",
        "session=s1",
        "session=s1",
    ]


def test_without_a_request_there_is_no_request_id(real_queue: CeleryQueue, redis_url: str) -> None:
    real_queue.publish_sort("s1", None)
    assert "sorterbot_request_id" not in read_messages(redis_url, "sort")[0]["headers"]


def test_threads_share_one_queue(real_queue: CeleryQueue) -> None:
    threads = [
        threading.Thread(target=real_queue.publish_image, args=("s1", f"i{n}", n, None))
        for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert real_queue.load_lengths().gpu == 20
