"""The real queue: Celery on Redis. The gateway's only door into the workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from celery import Celery, Signature
from redis import Redis

from sorter.errors import TransientError
from storage.ports import Store
from storage.records import ImageRecord
from workers.celery_app import close_celery, make_celery
from workers.ports import QueueLengths, WorkQueue
from workers.settings import (
    CLOSE_SESSION,
    DETECT_IMAGE,
    GPU_QUEUE,
    MESSAGE_VERSION,
    REQUEST_ID_HEADER,
    SORT_QUEUE,
    SORT_SESSION,
    VERSION_HEADER,
)

UNACKNOWLEDGED = "unacked_index"
"""Where kombu lists what workers have taken. Source: kombu 5.7.0, transport/redis.py."""

Answer = TypeVar("Answer")


def publish_images(images: Sequence[ImageRecord], queue: WorkQueue, store: Store) -> int:
    """Publish pictures and note each as published; return how many.

    Raises:
        TransientError: Rows or queue did not answer; what was not published is the sweeper's.
    """
    for image in images:
        queue.publish_image(image.session_id, image.image_id, image.index, image.request_id)
        store.mark_published(image.image_id)
    return len(images)


class CeleryQueue:
    """Publishes tasks by name, so that no process that publishes needs to import them.

    Every picture is a member of its session's chord from the start. A repeat is known by its
    task id and group index, so both follow from the session and the picture alone. The closing
    member follows the pictures on their queue, where it waits no longer than the last of them.

    Args:
        version: Said by every message; another than this release's only to try a change of
            releases out.
    """

    def __init__(
        self,
        broker_url: str,
        results_url: str,
        *,
        is_gateway: bool = True,
        version: int = MESSAGE_VERSION,
    ) -> None:
        self._version = version
        self._app: Celery = make_celery(broker_url, results_url, is_gateway=is_gateway)
        self._lengths = Redis.from_url(broker_url, socket_timeout=0.5, socket_connect_timeout=0.5)

    def publish_image(
        self, session_id: str, image_id: str, index: int, request_id: str | None
    ) -> None:
        member = _member(session_id, index, f"{session_id}:{index}")
        self._publish(DETECT_IMAGE, image_id, GPU_QUEUE, session_id, request_id, member)

    def publish_closing(self, session_id: str, n_images: int, request_id: str | None) -> None:
        _answered(lambda: self._app.backend.set_chord_size(session_id, n_images + 1))
        member = _member(session_id, n_images, f"{session_id}:closing")
        self._publish(CLOSE_SESSION, session_id, GPU_QUEUE, session_id, request_id, member)

    def publish_sort(self, session_id: str, request_id: str | None) -> None:
        _answered(self._sorting(session_id, request_id).apply_async)

    def load_lengths(self) -> QueueLengths:
        return QueueLengths(*_answered(self._read_lengths))

    def close(self) -> None:
        """Close the connections; they open again where something is published afterwards."""
        close_celery(self._app)
        self._lengths.close()

    def _publish(
        self,
        task: str,
        argument: str,
        queue: str,
        session_id: str,
        request_id: str | None,
        member: Mapping[str, Any],
    ) -> None:
        _answered(
            lambda: self._app.send_task(
                task,
                args=(argument,),
                queue=queue,
                argsrepr=_readable(session_id, member["group_index"], argument),
                headers=self._headers(request_id),
                chord=self._sorting(session_id, request_id),
                ignore_result=True,
                **member,
            )
        )

    def _sorting(self, session_id: str, request_id: str | None) -> Signature:
        return self._app.signature(
            SORT_SESSION,
            args=(session_id,),
            immutable=True,
            options={
                "task_id": f"{session_id}:sort",
                "queue": SORT_QUEUE,
                "argsrepr": _readable(session_id),
                "headers": self._headers(request_id),
                "ignore_result": True,
            },
        )

    def _headers(self, request_id: str | None) -> dict[str, str | int]:
        said: dict[str, str | int] = {}
        if self._version > 1:  # messages of the first said none
            said[VERSION_HEADER] = self._version
        return said if request_id is None else {**said, REQUEST_ID_HEADER: request_id}

    def _read_lengths(self) -> list[int]:
        pipeline = self._lengths.pipeline(transaction=False)
        for name in (GPU_QUEUE, SORT_QUEUE):
            pipeline.llen(name)
        pipeline.zcard(UNACKNOWLEDGED)
        return [int(length) for length in pipeline.execute()]


def _member(session_id: str, index: int, task_id: str) -> dict[str, Any]:
    return {"task_id": task_id, "group_id": session_id, "group_index": index}


def _readable(session_id: str, index: int | None = None, argument: str | None = None) -> str:
    """Say what a message is about, for whoever watches tasks go by."""
    if argument in (None, session_id):
        return f"session={session_id}"
    return f"session={session_id} picture={index} image={argument}"


def _answered(ask: Callable[[], Answer]) -> Answer:
    try:
        return ask()
    except Exception as error:  # an outage also raises a plain RuntimeError
        raise TransientError(f"the queue did not answer: {error}") from error
