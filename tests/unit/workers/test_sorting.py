from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from sorter.errors import InvalidInputError, TransientError
from sorter.types import Arm, Clustering, Crop
from storage.records import SessionState
from tests.unit.workers.world import HEIGHT_PX, WIDTH_PX, World, make_detections, make_png
from workers import sorting
from workers.crops import AT_A_TIME
from workers.detecting import detect_image
from workers.sorting import make_crop_embedder, sort_session

TWO_ITEMS_ONE_CONTAINER = make_detections(
    (20, 20, 50, 50, 0, 0.9), (20, 150, 50, 180, 0, 0.8), (150, 60, 290, 200, 1, 0.95)
)


@pytest.fixture
def world() -> World:
    return World()


def make_ready_session(world: World, n_images: int = 1) -> str:
    """Open, fill, detect and seal a session."""
    world.detector.found = TWO_ITEMS_ONE_CONTAINER
    session_id = world.open_session()
    for _ in range(n_images):
        image = world.add_picture(session_id)
        detect_image(image.image_id, session_id, world.services)
    world.store.seal_session(session_id)
    return session_id


def raising(error: Exception) -> Callable[..., Any]:
    def fail(*_: Any) -> Any:
        raise error

    return fail


def test_a_ready_session_gets_its_plan_and_names_both_networks(world: World) -> None:
    session_id = make_ready_session(world)
    sort_session(session_id, world.services)
    plan = world.store.load_plan(session_id)
    assert plan is not None
    assert len(plan["commands"]) == 2
    assert plan["models"] == {"detector": "fake-detector@1", "embedder": "fake-embedder@1"}
    assert world.session(session_id).state is SessionState.DONE


def test_each_stage_of_a_sort_is_counted_once_however_often_it_fires(world: World) -> None:
    session_id = make_ready_session(world)
    for _ in range(2):
        sort_session(session_id, world.services)
    found = world.services.metrics.registry.get_sample_value
    for stage in ("merge", "embed", "cluster", "plan"):
        assert found("sorterbot_sort_stage_seconds_count", {"stage": stage}) == 1


def test_items_are_clustered_as_the_worker_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    plan_session = sorting.plan_session

    def spying(*args: Any, **options: Any) -> Any:
        asked.append(options["clustering"])
        return plan_session(*args, **options)

    monkeypatch.setattr(sorting, "plan_session", spying)
    services = replace(world.services, clustering=Clustering.AGGLOMERATIVE)
    sort_session(make_ready_session(world), services)
    assert asked == [Clustering.AGGLOMERATIVE]


def test_a_session_of_which_a_picture_failed_is_sorted_as_partial(world: World) -> None:
    world.detector.found = TWO_ITEMS_ONE_CONTAINER
    session_id = world.open_session()
    for data in (None, b"\xff\xd8\xff broken"):
        image = world.add_picture(session_id, data)
        detect_image(image.image_id, session_id, world.services)
    world.store.seal_session(session_id)
    sort_session(session_id, world.services)
    assert world.session(session_id).state is SessionState.PARTIAL
    plan = world.store.load_plan(session_id)
    assert plan is not None
    assert plan["flags"] == ["images_missing"]


@pytest.mark.parametrize(("days", "flags"), [(29, []), (31, ["calibration_stale"])])
def test_a_calibrations_age_counts_to_when_the_session_was_sealed(
    world: World, days: int, flags: list[str]
) -> None:
    now = world.store.load_session(world.open_session()).opened_at
    world.store.save_arm(Arm("arm-1", calibrated_at=now - timedelta(days=days)))
    session_id = make_ready_session(world)
    world.store.let_pass(timedelta(days=20).total_seconds())
    sort_session(session_id, world.services)
    plan = world.store.load_plan(session_id)
    assert plan is not None
    assert plan["flags"] == flags


def test_a_second_firing_changes_nothing(world: World) -> None:
    session_id = make_ready_session(world)
    sort_session(session_id, world.services)
    events = world.store.load_events(session_id)
    sort_session(session_id, world.services)
    assert world.store.load_events(session_id) == events
    assert world.embedder.batches == [2]


def test_a_firing_before_all_pictures_are_final_changes_nothing(world: World) -> None:
    session_id = world.open_session()
    world.add_picture(session_id)
    world.store.seal_session(session_id)
    sort_session(session_id, world.services)
    assert world.session(session_id).state is SessionState.SEALED


def test_a_session_that_another_sorts_is_left_alone_until_that_worker_is_dead(
    world: World,
) -> None:
    session_id = make_ready_session(world)
    world.store.claim_session(session_id, "other", dead_after_s=5, max_attempts=3)
    sort_session(session_id, world.services)
    assert world.session(session_id).state is SessionState.SORTING
    world.store.let_pass(6)
    sort_session(session_id, world.services)
    assert world.session(session_id).state is SessionState.DONE


def test_an_unknown_session_is_nothing_to_sort(world: World) -> None:
    sort_session("missing", world.services)
    assert world.embedder.batches == []


def test_all_crops_are_embedded_in_one_batch(world: World) -> None:
    session_id = make_ready_session(world, n_images=3)
    sort_session(session_id, world.services)
    assert len(world.embedder.batches) == 1


def test_what_cannot_be_sorted_fails_with_its_reason(world: World) -> None:
    session_id = make_ready_session(world)
    world.embedder.embed = raising(InvalidInputError("the crops are unfit"))
    sort_session(session_id, world.services)
    assert world.session(session_id).state is SessionState.FAILED
    assert world.session(session_id).failure == "the crops are unfit"


def test_a_bug_fails_the_session_without_spilling_its_insides(world: World) -> None:
    session_id = make_ready_session(world)
    world.embedder.embed = raising(KeyError("password"))
    sort_session(session_id, world.services)
    assert world.session(session_id).failure == "internal error: KeyError"


def test_an_image_store_that_is_away_gives_the_session_back(world: World) -> None:
    session_id = make_ready_session(world)
    world.images.is_down = True
    sort_session(session_id, world.services)
    assert world.session(session_id).state is SessionState.SEALED
    world.images.is_down = False
    sort_session(session_id, world.services)
    assert world.session(session_id).state is SessionState.DONE


def test_a_plan_waits_for_the_database_however_long_it_is_away(world: World) -> None:
    session_id = make_ready_session(world)
    embed = world.embedder.embed

    def unplug(crops_rgb: Any) -> Any:
        world.store.is_down = True
        return embed(crops_rgb)

    def come_back() -> None:
        world.store.is_down = len(world.naps) < 20

    world.embedder.embed = unplug
    world.while_asleep = come_back
    sort_session(session_id, world.services)
    assert world.session(session_id).state is SessionState.DONE


def test_a_database_that_is_away_from_the_start_is_no_reason_to_raise(world: World) -> None:
    session_id = make_ready_session(world)
    world.store.is_down = True
    sort_session(session_id, world.services)
    world.store.is_down = False
    assert world.session(session_id).state is SessionState.SEALED


def test_a_sort_that_lost_its_claim_writes_nothing(world: World) -> None:
    session_id = make_ready_session(world)
    embed = world.embedder.embed

    def be_overtaken(crops_rgb: Any) -> Any:
        world.store.let_pass(400)
        world.store.claim_session(session_id, "other", dead_after_s=5, max_attempts=3)
        return embed(crops_rgb)

    world.embedder.embed = be_overtaken
    sort_session(session_id, world.services)
    assert world.session(session_id).state is SessionState.SORTING
    assert world.store.load_plan(session_id) is None


def test_crops_come_back_in_the_order_in_which_they_were_asked_for(world: World) -> None:
    session_id = world.open_session()
    images = []
    for grey in (40, 200):
        rgb = np.full((HEIGHT_PX, WIDTH_PX, 3), grey, np.uint8)
        images.append(world.add_picture(session_id, make_png(rgb)))
    crops = make_crop_embedder(images, world.services, world.embedder)
    box = (10.0, 10.0, 30.0, 30.0)
    dark, bright = (Crop(image.image_id, box) for image in images)
    embeddings = crops.embed_crops([bright, dark, dark, bright])
    assert embeddings[:, 0].tolist() == [200, 40, 40, 200]
    assert world.embedder.batches == [4]


def test_each_picture_is_read_once_however_many_crops_it_holds(world: World) -> None:
    session_id = world.open_session()
    image = world.add_picture(session_id)
    reads = []
    load_image = world.images.load_image

    def count(key: str) -> bytes:
        reads.append(key)
        return load_image(key)

    world.images.load_image = count
    boxes = [(float(x), 10.0, x + 20.0, 30.0) for x in range(5)]
    crops = make_crop_embedder([image], world.services, world.embedder)
    crops.embed_crops([Crop(image.image_id, box) for box in boxes])
    assert reads == [image.key]


def test_a_slow_image_store_is_asked_for_several_pictures_at_a_time_and_no_more(
    world: World,
) -> None:
    session_id = world.open_session()
    images = [world.add_picture(session_id) for _ in range(2 * AT_A_TIME)]
    all_here, places = threading.Barrier(AT_A_TIME), threading.BoundedSemaphore(AT_A_TIME)
    load_image = world.images.load_image

    def load_together(key: str) -> bytes:
        assert places.acquire(blocking=False)
        all_here.wait(30)
        places.release()
        return load_image(key)

    world.images.load_image = load_together
    crops = make_crop_embedder(images, world.services, world.embedder)
    crops.embed_crops([Crop(image.image_id, (1, 1, 9, 9)) for image in images])
    assert world.embedder.batches == [len(images)]


def test_pictures_that_cannot_be_read_now_are_told_as_such(world: World) -> None:
    session_id = world.open_session()
    image = world.add_picture(session_id)
    world.images.is_down = True
    crops = make_crop_embedder([image], world.services, world.embedder)
    with pytest.raises(TransientError):
        crops.embed_crops([Crop(image.image_id, (1, 1, 9, 9))])


def test_a_plan_comes_with_how_it_came_about(world: World) -> None:
    session_id = make_ready_session(world)
    sort_session(session_id, world.services)
    told = world.store.load_explanation(session_id)
    plan = world.store.load_plan(session_id)
    assert told is not None
    assert plan is not None
    assert len(told["items"]) == len(plan["items"]) == 2
    assert set(told["stages_s"]) == {"merge", "cluster", "plan", "embed"}


def test_a_plan_that_cannot_be_explained_is_a_plan_all_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch, log_records: list[Any]
) -> None:
    monkeypatch.setattr(sorting, "explain_plan", raising(ValueError("a bug")))
    session_id = make_ready_session(world)
    sort_session(session_id, world.services)
    assert world.store.load_plan(session_id) is not None
    assert world.store.load_explanation(session_id) is None
    assert "plan cannot be explained" in {record["event"] for record in log_records}
