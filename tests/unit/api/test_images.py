from __future__ import annotations

import hashlib
import io
from collections.abc import Callable

import pytest

from sorter.errors import TransientError
from storage.records import SessionRecord, SessionState
from tests.fake_store import FakeImageStore
from tests.unit.api.gateway import ARM_ID, FakeGateway, problem_of
from tests.unit.api.picture_bytes import (
    make_gif,
    make_jpeg,
    make_jpeg_bomb,
    make_png,
    make_png_bomb,
)


def assert_nothing_stored(gateway: FakeGateway, session_id: str, n_images: int = 0) -> None:
    assert len(gateway.images.images) == min(n_images, 1), "the same bytes are kept once"
    assert len(gateway.store.load_images(session_id)) == n_images
    assert len(gateway.queue.images) == n_images


@pytest.mark.parametrize("data", [make_jpeg(), make_png()], ids=["jpeg", "png"])
def test_a_picture_is_kept_written_down_and_published(gateway: FakeGateway, data: bytes) -> None:
    session_id = gateway.open_session()
    response = gateway.post_image(session_id, "1500.5", data, headers={"X-Request-Id": "r-7"})
    assert response.status_code == 202
    body = response.get_json()
    [image] = gateway.store.load_images(session_id)
    assert body == {
        "image_id": image.image_id,
        "session_id": session_id,
        "index": 0,
        "position_pw": 1500.5,
        "width_px": 64,
        "height_px": 48,
        "n_bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    assert gateway.images.load_image(image.key) == data
    [message] = gateway.queue.images
    assert (message.image_id, message.index, message.request_id) == (image.image_id, 0, "r-7")
    assert image.request_id == "r-7"


def test_the_same_picture_sent_again_gets_the_same_answer_at_any_time(
    gateway: FakeGateway,
) -> None:
    session_id = gateway.open_session()
    first = gateway.post_image(session_id, 1500)
    again = [gateway.post_image(session_id, "1500.0")]
    gateway.post(f"/sessions/{session_id}/complete")
    again.append(gateway.post_image(session_id, 1500))
    gateway.detect(session_id)
    again.append(gateway.post_image(session_id, 1500))
    gateway.sort(session_id)
    again.append(gateway.post_image(session_id, 1500))
    assert [(r.status_code, r.get_json()) for r in again] == [(202, first.get_json())] * 4
    assert len(gateway.queue.images) == 1
    assert len(gateway.images.images) == 1


def test_other_bytes_at_the_same_position_are_refused_and_not_kept(gateway: FakeGateway) -> None:
    session_id = gateway.open_session()
    gateway.post_image(session_id)
    problem_of(gateway.post_image(session_id, data=make_jpeg(grey=200)), 409, "conflict")
    assert_nothing_stored(gateway, session_id, n_images=1)


def test_the_same_bytes_at_two_positions_are_two_pictures(gateway: FakeGateway) -> None:
    session_id = gateway.open_session()
    ids = {gateway.post_image(session_id, pw).get_json()["image_id"] for pw in (1400, 1500)}
    assert len(ids) == 2


def test_a_sealed_session_takes_no_new_picture(gateway: FakeGateway) -> None:
    session_id = gateway.open_session()
    gateway.post(f"/sessions/{session_id}/complete")
    problem_of(gateway.post_image(session_id), 409, "conflict")
    assert_nothing_stored(gateway, session_id)


def test_the_last_expected_picture_closes_the_session(gateway: FakeGateway) -> None:
    session_id = gateway.open_session(expected_images=2)
    gateway.post_image(session_id, 1800)
    assert gateway.queue.closings == []
    gateway.post_image(session_id, 1600)
    gateway.post_image(session_id, 1600)
    [closing] = gateway.queue.closings
    assert (closing.session_id, closing.n_images) == (session_id, 2)
    problem_of(gateway.post_image(session_id, 1400), 409, "conflict")


def test_a_database_that_fails_once_the_last_picture_is_kept_costs_the_robot_nothing(
    gateway: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_session = gateway.store.load_session

    def fail_once_sealed(session_id: str) -> SessionRecord:
        found = load_session(session_id)
        if found.state is SessionState.SEALED:
            raise TransientError("the database went away")
        return found

    monkeypatch.setattr(gateway.store, "load_session", fail_once_sealed)
    session_id = gateway.open_session(expected_images=1)
    assert gateway.post_image(session_id).status_code == 202


CASES: dict[str, tuple[Callable[[], bytes], int, str]] = {
    "not an image": (lambda: b"hello, robot", 415, "not-a-picture"),
    "empty": (lambda: b"", 415, "not-a-picture"),
    "another kind": (make_gif, 415, "not-a-picture"),
    "truncated jpeg": (lambda: make_jpeg()[:-20], 422, "damaged-picture"),
    "truncated png": (lambda: make_png()[:-20], 422, "damaged-picture"),
    "a header alone": (lambda: make_jpeg()[:40], 422, "damaged-picture"),
    "over the pixel limit": (lambda: make_png(1001, 1000), 422, "too-many-pixels"),
    "png bomb": (make_png_bomb, 422, "too-many-pixels"),
    "jpeg bomb": (make_jpeg_bomb, 422, "too-many-pixels"),
    "over the byte limit": (
        lambda: make_jpeg() + bytes(50_000),
        413,
        "request-entity-too-large",
    ),
    "higher than the arm's radius allows": (lambda: make_png(8, 3000), 422, "out-of-range"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_bad_picture_gets_its_answer_and_nothing_is_stored(
    gateway: FakeGateway, case: str
) -> None:
    make, status, slug = CASES[case]
    session_id = gateway.open_session()
    problem_of(gateway.post_image(session_id, data=make()), status, slug)
    assert_nothing_stored(gateway, session_id)


class EndlessBody:
    """A body of zeros after a picture, of which nobody knows the length."""

    def __init__(self) -> None:
        self.beginning = io.BytesIO(make_jpeg())
        self.n_read = 0

    def read(self, n: int = -1) -> bytes:
        assert 0 < n <= 65_536, "never all at once"
        data = self.beginning.read(n) or bytes(n)
        self.n_read += len(data)
        return data

    def readinto(self, buffer: bytearray) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def test_the_byte_limit_holds_for_a_body_that_does_not_tell_its_length(
    gateway: FakeGateway,
) -> None:
    session_id = gateway.open_session()
    body = EndlessBody()
    response = gateway.post(
        f"/sessions/{session_id}/images/1500",
        environ_overrides={"wsgi.input_terminated": True, "wsgi.input": body},
        headers={"Transfer-Encoding": "chunked"},
    )
    problem_of(response, 413, "request-entity-too-large")
    assert body.n_read <= 50_001 + 65_536, "no further than the limit"
    assert_nothing_stored(gateway, session_id)


def test_a_body_that_says_it_is_too_long_is_not_read_at_all(gateway: FakeGateway) -> None:
    session_id = gateway.open_session()
    stream = io.BytesIO(make_jpeg())
    response = gateway.post(
        f"/sessions/{session_id}/images/1500",
        input_stream=stream,
        environ_overrides={"CONTENT_LENGTH": str(10**12)},
    )
    problem_of(response, 413, "request-entity-too-large")
    assert stream.tell() == 0


def test_a_body_shorter_than_it_said_is_not_taken(gateway: FakeGateway) -> None:
    session_id = gateway.open_session()
    data = make_jpeg()
    response = gateway.post(
        f"/sessions/{session_id}/images/1500",
        input_stream=io.BytesIO(data),
        environ_overrides={"CONTENT_LENGTH": str(len(data) + 10)},
    )
    assert response.status_code == 400
    assert_nothing_stored(gateway, session_id)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_what_a_picture_is_is_judged_by_its_bytes_alone(
    gateway: FakeGateway, content_type: str
) -> None:
    response = gateway.post_image(gateway.open_session(), content_type=content_type)
    assert response.status_code == 202


@pytest.mark.parametrize(
    ("position_pw", "slug"),
    [
        ("799.9", "out-of-range"),
        ("2200.1", "out-of-range"),
        ("-1", "invalid-input"),
        ("nan", "invalid-input"),
        ("inf", "invalid-input"),
        ("1e999", "invalid-input"),
        ("north", "invalid-input"),
    ],
)
def test_a_position_that_the_arm_cannot_take_is_refused(
    gateway: FakeGateway, position_pw: str, slug: str
) -> None:
    session_id = gateway.open_session()
    problem_of(gateway.post_image(session_id, position_pw), 422, slug)
    assert_nothing_stored(gateway, session_id)


@pytest.mark.parametrize("position_pw", [800, 2200])
def test_the_ends_of_the_arms_range_belong_to_it(gateway: FakeGateway, position_pw: int) -> None:
    assert gateway.post_image(gateway.open_session(), position_pw).status_code == 202


def test_a_change_of_the_arm_does_not_touch_a_session_that_is_open(gateway: FakeGateway) -> None:
    session_id = gateway.open_session()
    gateway.put(f"/arms/{ARM_ID}", json={"limits": {"servo0_max_pw": 1000}})
    assert gateway.post_image(session_id, 1500).status_code == 202
    problem_of(gateway.post_image(gateway.open_session(), 1500), 422, "out-of-range")


@pytest.mark.parametrize("session_id", ["0" * 32, "nobody", "a" * 500, "%00", "..%2f..%2fetc"])
def test_an_unknown_session_is_not_found(gateway: FakeGateway, session_id: str) -> None:
    assert gateway.post_image(session_id).status_code == 404
    assert gateway.images.images == {}


def test_a_full_queue_says_when_to_come_back_and_keeps_nothing(gateway: FakeGateway) -> None:
    session_id = gateway.open_session()
    for position_pw in range(1000, 1005):
        assert gateway.post_image(session_id, position_pw).status_code == 202
    gateway.store.let_pass(30)
    gateway.clock.sleep(1)
    response = gateway.post_image(session_id, 1500)
    problem_of(response, 503, "queue-full")
    assert response.headers["Retry-After"] == "60", "nothing was worked off"
    assert_nothing_stored(gateway, session_id, n_images=5)
    assert gateway.post_image(session_id, 1000).status_code == 202, "a repeat costs nothing"


def test_a_queue_that_drains_lets_the_robot_come_back_sooner(gateway: FakeGateway) -> None:
    drained = gateway.open_session()
    for position_pw in range(1000, 1004):
        gateway.post_image(drained, position_pw)
    gateway.store.let_pass(19)
    gateway.detect(drained)  # 4 in the 19 s in which there was something to do
    waiting = gateway.open_session()
    gateway.clock.sleep(1)
    for position_pw in range(1000, 1005):
        assert gateway.post_image(waiting, position_pw).status_code == 202
    response = gateway.post_image(waiting, 1500)
    assert response.headers["Retry-After"] == "5"


def test_a_broker_that_is_away_costs_the_robot_nothing(gateway: FakeGateway) -> None:
    gateway.queue.is_down = True
    session_id = gateway.open_session(expected_images=1)
    assert gateway.post_image(session_id).status_code == 202
    assert "sorterbot_publish_failures_total 2.0" in gateway.client.get("/metrics").text
    unpublished = gateway.store.load_images_to_publish(
        unpublished_s=0, dead_after_s=5, queue_is_empty=False, stuck_s=60
    )
    assert len(unpublished) == 1


def test_a_published_picture_is_noted_so_that_the_sweeper_leaves_it(gateway: FakeGateway) -> None:
    gateway.post_image(gateway.open_session())
    unpublished = gateway.store.load_images_to_publish(
        unpublished_s=0, dead_after_s=5, queue_is_empty=False, stuck_s=60
    )
    assert unpublished == []


def test_a_full_disk_is_said_plainly(gateway: FakeGateway) -> None:
    session_id = gateway.open_session()
    gateway.images.is_full = True
    problem_of(gateway.post_image(session_id), 507, "storage-full")
    assert gateway.store.load_images(session_id) == []


@pytest.mark.parametrize("what", ["store", "images"])
def test_a_service_that_is_away_asks_for_patience_and_shows_nothing_of_itself(
    gateway: FakeGateway, what: str
) -> None:
    session_id = gateway.open_session()
    getattr(gateway, what).is_down = True
    response = gateway.post_image(session_id)
    problem = problem_of(response, 503, "unavailable")
    assert int(response.headers["Retry-After"]) >= 1
    assert "fake" not in problem["detail"]


class SlowImages(FakeImageStore):
    """A store that calls back before it keeps a picture."""

    def __init__(self, before: Callable[[], object]) -> None:
        super().__init__()
        self.before = before

    def save_image(self, session_id: str, data: bytes) -> str:
        self.before()
        return super().save_image(session_id, data)


def test_an_image_store_that_hangs_holds_some_pictures_and_refuses_the_others_at_once() -> None:
    answers = []

    def post_another() -> None:
        if not answers:
            answers.append(gateway.post_image(gateway.open_session()))

    gateway = FakeGateway(max_saves=1, images=SlowImages(post_another))
    assert gateway.post_image(gateway.open_session()).status_code == 202
    [refused] = answers
    problem_of(refused, 503, "unavailable")
    assert int(refused.headers["Retry-After"]) >= 1
    assert len(gateway.images.images) == 1
    assert gateway.post_image(gateway.open_session()).status_code == 202, "the place came back"


def test_a_place_at_the_image_store_comes_back_also_when_it_failed() -> None:
    gateway = FakeGateway(max_saves=1)
    session_id = gateway.open_session()
    gateway.images.is_full = True
    problem_of(gateway.post_image(session_id), 507, "storage-full")
    gateway.images.is_full = False
    assert gateway.post_image(session_id).status_code == 202
