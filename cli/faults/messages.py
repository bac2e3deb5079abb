"""Messages that nobody asked for: copies, repeats, and those of other releases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from redis import Redis

from cli.faults.site import Site
from cli.faults.trial import Trial
from storage.records import ImageRecord
from workers.queue import CeleryQueue
from workers.settings import GPU_QUEUE, MESSAGE_VERSION, SORT_QUEUE

UNACKED = "unacked"
"""Where the broker keeps what a worker has taken and not acknowledged."""

DONE_WITHIN_S = 60.0


@contextmanager
def open_queue(site: Site, version: int = MESSAGE_VERSION) -> Iterator[CeleryQueue]:
    """Publish to a site's workers past its gateway.

    Args:
        version: Which release's messages they are.
    """
    queue = CeleryQueue(site.redis.url(0), site.redis.url(1), version=version)
    try:
        yield queue
    finally:
        queue.close()


def publish_again(queue: CeleryQueue, images: list[ImageRecord]) -> None:
    """Publish a session's pictures, its closing and its sort as if each came for the first time."""
    for image in images:
        queue.publish_image(image.session_id, image.image_id, image.index, None)
    session_id = images[0].session_id
    queue.publish_closing(session_id, len(images), None)
    queue.publish_sort(session_id, None)


def waiting_messages(client: Redis, session_id: str) -> list[bytes]:
    """Return a session's messages that wait for a detector, as the broker keeps them."""
    messages = cast("list[bytes]", client.lrange(GPU_QUEUE, 0, -1))
    return [one for one in messages if json.loads(one)["headers"]["group"] == session_id]


def deliver_again(client: Redis, messages: list[bytes]) -> None:
    """Put copies where the next message is taken from: same tag, same id, same everything."""
    if messages:
        client.rpush(GPU_QUEUE, *messages)


def take_away(client: Redis, messages: list[bytes]) -> None:
    """Remove messages that wait for a detector."""
    for message in messages:
        client.lrem(GPU_QUEUE, 1, message.decode())


def await_done_with(trial: Trial, client: Redis, session_id: str) -> None:
    """Wait until no message of a session waits, and no worker holds one.

    Raises:
        NeverCameError: It did not come to that.
    """
    trial.wait_until(
        lambda: session_id not in _sessions_of_messages(client),
        DONE_WITHIN_S,
        f"an end of the messages of session {session_id}",
    )


def _sessions_of_messages(client: Redis) -> set[str]:
    queues = [client.lrange(name, 0, -1) for name in (GPU_QUEUE, SORT_QUEUE)]
    waiting = [json.loads(one) for queue in queues for one in cast("list[bytes]", queue)]
    held = [json.loads(one)[0] for one in cast("list[bytes]", client.hvals(UNACKED))]
    return {message["headers"]["id"].partition(":")[0] for message in waiting + held}
