from __future__ import annotations

import io
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sorter.errors import TransientError
from sorter.types import Detections
from storage.records import ImageClaim, ImageState
from tests.factories import make_image_claim
from tests.fakes import FakeDetector
from tests.unit.workers.world import HEIGHT_PX, WIDTH_PX, World, make_detections
from vision.ports import RgbImage
from workers.detecting import detect_image
from workers.retrying import READING_PAUSES_S


def make_jpeg(width_px: int, height_px: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width_px, height_px)).save(buffer, "JPEG")
    return buffer.getvalue()


FOUND = make_detections((10, 10, 40, 40, 0, 0.9), (100, 50, 200, 150, 1, 0.8))


@pytest.fixture
def world() -> World:
    return World()


def test_what_was_found_is_saved_with_the_detectors_name(world: World) -> None:
    world.detector.found = FOUND
    image = world.add_picture(world.open_session())
    assert detect_image(image.image_id, image.session_id, world.services)
    assert world.image(image).state is ImageState.DETECTED
    assert world.image(image).model == "fake-detector@1"
    assert len(world.store.load_photographs(image.session_id)[0].detections) == 2


def test_boxes_are_in_the_pixels_of_a_picture_that_was_read_at_a_half(world: World) -> None:
    world.detector.input_size_px = (160, 120)
    world.detector.found = make_detections((10, 20, 30, 40, 0, 0.9))
    image = world.add_picture(world.open_session(), make_jpeg(WIDTH_PX, HEIGHT_PX))
    assert detect_image(image.image_id, image.session_id, world.services)
    assert [seen.shape for seen in world.detector.seen] == [(120, 160, 3)]
    (photograph,) = world.store.load_photographs(image.session_id)
    np.testing.assert_array_equal(photograph.detections.xyxy_px, [[20, 40, 60, 80]])


def test_a_repeat_of_a_finished_picture_counts_and_detects_nothing(world: World) -> None:
    image = world.add_picture(world.open_session())
    detect_image(image.image_id, image.session_id, world.services)
    assert detect_image(image.image_id, image.session_id, world.services)
    assert len(world.detector.seen) == 1


def test_a_repeat_of_a_picture_at_which_another_works_does_not_count(world: World) -> None:
    image = world.add_picture(world.open_session())
    other = world.make_worker("worker-2")
    world.store.claim_image(image.image_id, other.worker_id, dead_after_s=5, max_attempts=3)
    assert not detect_image(image.image_id, image.session_id, world.services)
    assert world.detector.seen == []


@pytest.mark.parametrize("attempt", [1, 2])
def test_a_repeat_in_the_same_process_leaves_the_work_to_who_began_it(
    world: World, attempt: int
) -> None:
    image = world.add_picture(world.open_session())
    if attempt == 2:
        world.store.release_image(make_image_claim(world.store, image.image_id))
    repeats = []

    class Repeated(FakeDetector):
        def detect(self, images_rgb: Sequence[RgbImage]) -> list[Detections]:
            if not repeats:
                repeats.append(detect_image(image.image_id, image.session_id, world.services))
            return super().detect(images_rgb)

    world.detector = Repeated()
    assert detect_image(image.image_id, image.session_id, world.services)
    assert repeats == [False]
    assert len(world.detector.seen) == 1
    assert (world.image(image).state, world.image(image).attempt) == (ImageState.DETECTED, attempt)


def test_a_dead_workers_picture_is_taken_over(world: World) -> None:
    image = world.add_picture(world.open_session())
    world.store.claim_image(image.image_id, "dead-worker", dead_after_s=5, max_attempts=3)
    world.store.let_pass(6)
    assert detect_image(image.image_id, image.session_id, world.services)
    assert world.image(image).attempt == 2


def test_a_picture_that_does_not_exist_is_nothing_to_wait_for(world: World) -> None:
    session_id = world.open_session()
    assert detect_image("missing", session_id, world.services)
    assert detect_image("missing", "no-session", world.services)


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\n no picture", b"\xff\xd8\xff\xe0 cut short"])
def test_an_unreadable_picture_fails_with_its_reason_and_counts(world: World, data: bytes) -> None:
    image = world.add_picture(world.open_session(), data)
    assert detect_image(image.image_id, image.session_id, world.services)
    assert world.image(image).state is ImageState.FAILED
    assert "not a readable JPEG or PNG" in (world.image(image).failure or "")


def test_a_picture_whose_bytes_are_gone_fails_and_counts(world: World) -> None:
    image = world.add_picture(world.open_session())
    world.images.images.clear()
    assert detect_image(image.image_id, image.session_id, world.services)
    assert world.image(image).state is ImageState.FAILED


def test_an_image_store_that_comes_back_costs_no_attempt(world: World) -> None:
    image = world.add_picture(world.open_session())
    world.images.is_down = True
    world.while_asleep = lambda: setattr(world.images, "is_down", False)
    assert detect_image(image.image_id, image.session_id, world.services)
    assert world.image(image).attempt == 1
    assert world.naps == [READING_PAUSES_S[0]]


def test_a_picture_that_cannot_be_read_now_is_given_back_and_published_again(
    world: World,
) -> None:
    image = world.add_picture(world.open_session())
    world.images.is_down = True
    assert not detect_image(image.image_id, image.session_id, world.services)
    assert world.image(image).state is ImageState.RECEIVED
    assert [again.image_id for again in world.queue.images] == [image.image_id]
    assert [again.index for again in world.queue.images] == [image.index]


def test_a_picture_given_back_while_the_queue_is_down_is_left_to_the_sweeper(
    world: World,
) -> None:
    image = world.add_picture(world.open_session())
    world.images.is_down = world.queue.is_down = True
    assert not detect_image(image.image_id, image.session_id, world.services)
    assert world.image(image).state is ImageState.RECEIVED


def test_a_detector_that_fails_again_and_again_quarantines_the_picture(world: World) -> None:
    image = world.add_picture(world.open_session())
    world.detector.error = RuntimeError("the device is sick")
    ends = [detect_image(image.image_id, image.session_id, world.services) for _ in range(4)]
    assert ends == [False, False, False, True]
    assert world.image(image).state is ImageState.FAILED
    assert "3 attempts" in (world.image(image).failure or "")


def test_a_database_that_is_away_leaves_the_picture_to_the_sweeper(world: World) -> None:
    image = world.add_picture(world.open_session())
    world.store.is_down = True
    assert not detect_image(image.image_id, image.session_id, world.services)
    assert world.naps == list(READING_PAUSES_S)


def test_a_result_waits_for_the_database_however_long_it_is_away(world: World) -> None:
    image = world.add_picture(world.open_session())

    class Unplugging:
        version = "fake-detector@1"
        input_size_px = (4096, 4096)

        def detect(self, images_rgb: Sequence[RgbImage]) -> list[Detections]:
            world.store.is_down = True
            return [FOUND for _ in images_rgb]

    def come_back() -> None:
        world.store.is_down = len(world.naps) < 50

    world.detector = Unplugging()
    world.while_asleep = come_back
    assert detect_image(image.image_id, image.session_id, world.services)
    assert world.image(image).state is ImageState.DETECTED
    assert len(world.naps) == 50


def test_a_stale_owner_changes_nothing(world: World) -> None:
    image = world.add_picture(world.open_session())
    claims: list[ImageClaim | None] = []

    class Slow:
        version = "slow-detector@1"
        input_size_px = (4096, 4096)

        def detect(self, images_rgb: Sequence[RgbImage]) -> list[Detections]:
            world.store.let_pass(400)  # beyond the claim's lease
            other = world.make_worker("worker-2")
            claims.append(
                world.store.claim_image(
                    image.image_id, other.worker_id, dead_after_s=5, max_attempts=3
                )
            )
            return [FOUND for _ in images_rgb]

    world.detector = Slow()
    assert not detect_image(image.image_id, image.session_id, world.services)
    assert claims[0] is not None
    assert world.store.save_detections(claims[0], Detections.empty(), "other@1")
    assert world.image(image).model == "other@1"


def test_a_detector_that_does_not_answer_gives_the_picture_back(world: World) -> None:
    image = world.add_picture(world.open_session())
    world.detector.error = TransientError("the device did not answer")
    assert not detect_image(image.image_id, image.session_id, world.services)
    assert world.image(image).state is ImageState.RECEIVED


def test_whoever_is_done_with_counts_once_by_what_became_of_it(world: World) -> None:
    session_id = world.open_session()
    for data in (None, None, b"\xff\xd8\xff\xe0 no picture"):
        image = world.add_picture(session_id, data)
        detect_image(image.image_id, session_id, world.services)
    world.detector.error = RuntimeError("the device is sick")
    detect_image(world.add_picture(session_id).image_id, session_id, world.services)
    counts = {
        outcome: world.services.metrics.registry.get_sample_value(
            "sorterbot_worker_images_total", {"outcome": outcome}
        )
        for outcome in ("detected", "failed", "released")
    }
    assert counts == {"detected": 2, "failed": 1, "released": 1}


@given(is_retry=st.lists(st.booleans(), min_size=1, max_size=12), n_threads=st.integers(1, 6))
def test_a_picture_that_is_tried_again_is_the_only_one_that_its_process_has_claimed(
    is_retry: list[bool], n_threads: int
) -> None:
    world = World()
    session_id = world.open_session()
    images = [world.add_picture(session_id) for _ in is_retry]
    for image, was_claimed in zip(images, is_retry, strict=True):
        if was_claimed:
            world.store.claim_image(image.image_id, "dead", dead_after_s=5, max_attempts=3)
    world.store.let_pass(6)
    crowds: list[list[int]] = []

    class Watching(FakeDetector):
        def detect(self, images_rgb: Sequence[RgbImage]) -> list[Detections]:
            time.sleep(0.0005)
            rows = world.store.load_images(session_id)
            claimed = [row for row in rows if row.state is ImageState.DETECTING]
            crowds.append([row.attempt for row in claimed if row.attempt > is_retry[row.index]])
            return super().detect(images_rgb)

    world.detector = Watching()
    detect = partial(detect_image, session_id=session_id, using=world.services)
    with ThreadPoolExecutor(n_threads) as threads:
        assert all(threads.map(detect, [image.image_id for image in images]))
    assert len(crowds) == len(images)
    assert all(len(attempts) == 1 for attempts in crowds if 2 in attempts)
    assert [world.image(image).attempt for image in images] == [1 + was for was in is_retry]
