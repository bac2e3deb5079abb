from __future__ import annotations

from typing import Any

import pytest
from celery import Celery
from celery.exceptions import Ignore

from storage.records import ImageState, SessionState
from tests.unit.workers.world import World
from workers.celery_app import make_celery
from workers.settings import CLOSE_SESSION, DETECT_IMAGE, SORT_SESSION, SWEEP
from workers.tasks import register_tasks


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def app(world: World) -> Celery:
    app = make_celery("redis://nowhere/0", "redis://nowhere/1", is_gateway=False)
    register_tasks(app, lambda: world.services)
    return app


def run(app: Celery, task: str, *args: str, group: str | None = None) -> None:
    app.tasks[task].push_request(group=group)
    try:
        app.tasks[task].run(*args)
    finally:
        app.tasks[task].pop_request()


def test_all_four_tasks_ignore_their_results_and_are_acknowledged_late(app: Celery) -> None:
    for name in (DETECT_IMAGE, CLOSE_SESSION, SORT_SESSION, SWEEP):
        assert app.tasks[name].ignore_result
        assert app.tasks[name].acks_late


def test_flower_is_told_of_all_tasks_but_the_sweeps_that_would_bury_them(app: Celery) -> None:
    told = {name for name, task in app.tasks.items() if task.send_events}
    assert {DETECT_IMAGE, CLOSE_SESSION, SORT_SESSION} <= told
    assert SWEEP not in told


def test_a_picture_that_is_final_ends_like_any_task(app: Celery, world: World) -> None:
    image = world.add_picture(world.open_session())
    run(app, DETECT_IMAGE, image.image_id, group=image.session_id)
    assert world.image(image).state is ImageState.DETECTED


def test_a_picture_that_is_not_final_is_not_counted(app: Celery, world: World) -> None:
    image = world.add_picture(world.open_session())
    world.detector.error = RuntimeError("sick")
    with pytest.raises(Ignore):
        run(app, DETECT_IMAGE, image.image_id, group=image.session_id)


def test_not_even_a_bug_lets_a_member_raise(app: Celery, world: World) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise KeyError("bug")

    world.store.claim_image = broken
    with pytest.raises(Ignore):
        run(app, DETECT_IMAGE, "i1", group="s1")


def test_closing_changes_nothing(app: Celery, world: World) -> None:
    session_id = world.open_session()
    before = world.session(session_id)
    run(app, CLOSE_SESSION, session_id, group=session_id)
    assert world.session(session_id) == before


def test_the_sort_task_sorts(app: Celery, world: World) -> None:
    session_id = world.open_session()
    world.store.seal_session(session_id)
    run(app, SORT_SESSION, session_id)
    assert world.session(session_id).state is SessionState.FAILED  # no picture could be read


def test_a_sweep_that_is_broken_off_is_told_and_raises_nothing(
    app: Celery, world: World, log_records: list[Any]
) -> None:
    world.queue.is_down = True
    run(app, SWEEP)
    assert [record["event"] for record in log_records] == ["sweep broken off"]


def test_only_a_sweep_that_did_something_is_told(
    app: Celery, world: World, log_records: list[Any]
) -> None:
    run(app, SWEEP)
    assert log_records == []
    world.add_picture(world.open_session(), is_published=False)
    world.store.let_pass(6)
    run(app, SWEEP)
    assert log_records[0]["images_published"] == 1
