from __future__ import annotations

from typing import Any

import pytest
from celery import Celery
from celery.exceptions import Ignore, Reject

from storage.records import ImageState, SessionState
from tests.unit.workers.world import World
from workers.celery_app import make_celery
from workers.settings import (
    CLOSE_SESSION,
    DETECT_IMAGE,
    MESSAGE_VERSION,
    SORT_SESSION,
    VERSION_HEADER,
)
from workers.tasks import register_tasks
from workers.versions import PAUSE_S


class Bench:
    """The tasks of one worker, and what they publish."""

    def __init__(self) -> None:
        self.world = World()
        self.sent: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
        self.is_down = False
        self.app: Celery = make_celery("redis://nowhere/0", "redis://nowhere/1", is_gateway=False)
        self.app.send_task = self._send
        register_tasks(self.app, lambda: self.world.services)

    def _send(self, *args: Any, **options: Any) -> None:
        if self.is_down:
            raise RuntimeError("retry limit exceeded")
        self.sent.append((args, options))

    def receive(self, task: str, *args: Any, version: int | None, **message: Any) -> None:
        """Do what a worker does with a message of that version."""
        said = {} if version is None else {VERSION_HEADER: version}
        headers = {"a_later_header": 1, **said}
        queue = {"exchange": "sorterbot", "routing_key": "gpu"}
        known = self.app.tasks[task]
        known.push_request(headers=headers, delivery_info=queue, **said, **message)
        try:
            known(*args)
        finally:
            known.pop_request()


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize("version", [None, MESSAGE_VERSION - 1, MESSAGE_VERSION])
def test_messages_of_this_release_and_of_the_one_before_are_read(
    bench: Bench, version: int | None
) -> None:
    image = bench.world.add_picture(bench.world.open_session())
    bench.receive(DETECT_IMAGE, image.image_id, version=version, group=image.session_id)
    assert bench.world.image(image).state is ImageState.DETECTED
    assert bench.sent == []


def test_a_newer_message_goes_back_as_it_came_and_is_neither_read_nor_counted(
    bench: Bench,
) -> None:
    image = bench.world.add_picture(bench.world.open_session())
    message = {
        "id": "s:0",
        "group": image.session_id,
        "group_index": 0,
        "chord": {"task": SORT_SESSION},
    }
    with pytest.raises(Ignore):
        bench.receive(
            DETECT_IMAGE, image.image_id, "a later argument", version=MESSAGE_VERSION + 1, **message
        )
    assert bench.world.image(image) == image
    ((args, options),) = bench.sent
    assert args[:2] == (DETECT_IMAGE, (image.image_id, "a later argument"))
    assert (options["queue"], options["task_id"], options["group_index"]) == ("gpu", "s:0", 0)
    assert (options["group_id"], options["chord"]) == (image.session_id, {"task": SORT_SESSION})
    assert options["headers"] == {VERSION_HEADER: MESSAGE_VERSION + 1, "a_later_header": 1}
    assert bench.world.naps == [PAUSE_S]


@pytest.mark.parametrize("task", [CLOSE_SESSION, SORT_SESSION])
def test_no_newer_message_changes_a_session(bench: Bench, task: str) -> None:
    session_id = bench.world.open_session()
    bench.world.store.seal_session(session_id)
    before = bench.world.session(session_id)
    with pytest.raises(Ignore):
        bench.receive(task, session_id, version=MESSAGE_VERSION + 1)
    assert bench.world.session(session_id) == before
    assert len(bench.sent) == 1


def test_a_newer_message_that_the_broker_does_not_take_stays_unacknowledged(bench: Bench) -> None:
    bench.is_down = True
    with pytest.raises(Reject) as rejected:
        bench.receive(SORT_SESSION, bench.world.open_session(), version=MESSAGE_VERSION + 1)
    assert rejected.value.requeue is True


def test_a_newer_message_of_a_session_that_is_over_does_not_go_round_for_ever(
    bench: Bench,
) -> None:
    session_id = bench.world.open_session()
    bench.world.store.seal_session(session_id)
    bench.receive(SORT_SESSION, session_id, version=MESSAGE_VERSION)
    assert bench.world.session(session_id).state is SessionState.FAILED
    for over in (session_id, "nobody's"):
        with pytest.raises(Ignore):
            bench.receive(CLOSE_SESSION, over, version=MESSAGE_VERSION + 1)
    assert bench.sent == []


def test_without_a_database_to_ask_a_newer_message_goes_back(bench: Bench) -> None:
    session_id = bench.world.open_session()
    bench.world.store.is_down = True
    with pytest.raises(Ignore):
        bench.receive(SORT_SESSION, session_id, version=MESSAGE_VERSION + 1)
    assert len(bench.sent) == 1
