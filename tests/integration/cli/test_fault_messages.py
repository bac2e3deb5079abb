"""What the fault suite does to messages that wait, on a real Redis."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from redis import Redis

from cli.faults.messages import deliver_again, take_away, waiting_messages
from workers.queue import CeleryQueue
from workers.settings import GPU_QUEUE

pytestmark = pytest.mark.services


@pytest.fixture
def client(redis_url: str) -> Iterator[Redis]:
    """A Redis in which two pictures of one session wait, and one of another between them."""
    queue = CeleryQueue(redis_url, redis_url.removesuffix("/0") + "/1")
    for session_id, index in (("s1", 0), ("s2", 0), ("s1", 1)):
        queue.publish_image(session_id, f"{session_id}-{index}", index, None)
    queue.close()
    with Redis.from_url(redis_url) as client:
        yield client


def test_a_session_s_messages_are_told_from_those_of_others(client: Redis) -> None:
    assert len(waiting_messages(client, "s1")) == 2
    assert len(waiting_messages(client, "s2")) == 1
    assert waiting_messages(client, "s3") == []


def test_copies_are_the_next_that_a_worker_takes(client: Redis) -> None:
    copies = waiting_messages(client, "s2")
    deliver_again(client, copies)
    _, taken = client.brpop([GPU_QUEUE], timeout=1)
    assert taken == copies[0]
    assert waiting_messages(client, "s2") == copies


def test_what_is_taken_away_is_gone_and_nothing_else(client: Redis) -> None:
    take_away(client, waiting_messages(client, "s1"))
    assert waiting_messages(client, "s1") == []
    assert client.llen(GPU_QUEUE) == 1


def test_there_may_be_nothing_to_copy_or_to_take(client: Redis) -> None:
    for do in (deliver_again, take_away):
        do(client, [])
    assert client.llen(GPU_QUEUE) == 3
