"""What operators tried is gone after a day, bytes and rows, and nothing else is."""

from __future__ import annotations

import pytest

from sorter.errors import NotFoundError, TransientError
from sorter.types import Arm, ImageSize
from storage.overview import TRIED_KEPT_S, TRY_ARM_ID
from storage.records import NewImage
from tests.factories import JPEG
from tests.unit.workers.world import World
from workers.celery_app import make_celery
from workers.settings import SWEEP
from workers.tasks import register_tasks
from workers.tried import BEFORE_DEADLINE_S, delete_old_tried


@pytest.fixture
def world() -> World:
    return World()


def try_picture(world: World) -> tuple[str, str]:
    """Keep a picture as the console does; return its session's id and its key."""
    world.store.save_arm(Arm(TRY_ARM_ID))
    session, _ = world.store.open_session(
        TRY_ARM_ID,
        expected_images=None,
        min_images=1,
        deadline_s=TRIED_KEPT_S,
        idempotency_key=None,
        request_id=None,
    )
    key = world.images.save_image(session.session_id, JPEG)
    new = NewImage(1500.0, key, "0" * 64, ImageSize(64, 48), len(JPEG))
    world.store.accept_image(session.session_id, new, None)
    return session.session_id, key


def run_sweep(world: World) -> None:
    app = make_celery("redis://nowhere/0", "redis://nowhere/1", is_gateway=False)
    register_tasks(app, lambda: world.services)
    app.tasks[SWEEP].run()


def test_after_a_day_bytes_and_rows_are_gone_and_not_before(world):
    session_id, key = try_picture(world)
    robots = world.add_picture(world.open_session())
    world.store.let_pass(TRIED_KEPT_S - 60)
    assert delete_old_tried(world.services) == 0
    assert world.images.load_image(key) == JPEG
    world.store.let_pass(120)
    assert delete_old_tried(world.services) == 1
    with pytest.raises(NotFoundError):
        world.images.load_image(key)
    with pytest.raises(NotFoundError):
        world.store.load_session(session_id)
    assert world.images.load_image(robots.key)
    assert delete_old_tried(world.services) == 0


def test_what_was_broken_off_is_done_by_the_next(world):
    session_id, key = try_picture(world)
    world.store.let_pass(TRIED_KEPT_S + 1)
    world.images.is_down = True
    with pytest.raises(TransientError):
        delete_old_tried(world.services)
    assert world.store.load_session(session_id)
    world.images.is_down = False
    del world.images.images[key]  # deleted before the rows were
    assert delete_old_tried(world.services) == 1


def test_a_tried_picture_is_detected_and_never_sorted(world):
    session_id, _ = try_picture(world)
    for pause_s in (TRIED_KEPT_S / 2, TRIED_KEPT_S / 2 - BEFORE_DEADLINE_S / 2, BEFORE_DEADLINE_S):
        world.store.let_pass(pause_s)
        run_sweep(world)
    with pytest.raises(NotFoundError):
        world.store.load_session(session_id)
    assert [message.session_id for message in world.queue.images] == [session_id]
    assert (world.queue.closings, world.queue.sorts) == ([], [])
