"""Pictures come in through the original's protocol, and ``true`` means that they are safe."""

from __future__ import annotations

from itertools import count

import pytest

from api.robot_door.messages import MAX_MESSAGE_BYTES
from sorter.errors import StorageFullError, TransientError
from tests.fakes import FakeImageStore
from tests.integration.api.robot_door.opened import OpenDoor, open_door
from tests.original_robot import picture_message
from tests.unit.api.picture_bytes import make_jpeg, make_png

ORIGINAL_MAX_BYTES = 2_048_576


def test_five_pictures_at_once_from_five_connections_are_kept(door: OpenDoor) -> None:
    pictures = {pw: make_jpeg(grey=int(pw) % 200) for pw in (1800.0, 1600, 1400, 1200, 1000)}
    assert door.robot().send_pictures("S12", pictures)
    session = door.session("robot/S12/before/1")
    images = door.store.load_images(session.session_id)
    assert {image.position_pw: door.images.load_image(image.key) for image in images} == pictures
    assert session.arm.arm_id == "ARM001"


@pytest.mark.parametrize("data", [make_jpeg(), make_png()], ids=["jpeg", "png"])
def test_a_picture_that_holds_the_separator_is_kept_byte_for_byte(
    door: OpenDoor, data: bytes
) -> None:
    whole = data + b"___SPLIT___ and more ___SPLIT___"
    assert door.robot().send_picture("S1", 1200, whole).text == "true"
    [image] = door.store.load_images(door.session("robot/S1/before/1").session_id)
    assert door.images.load_image(image.key) == whole


def test_a_message_as_long_as_the_original_takes_is_taken(door: OpenDoor) -> None:
    header = picture_message("ARM001", "S1", "1200.jpg", b"")
    padded = make_jpeg().ljust(ORIGINAL_MAX_BYTES - len(header), b"\0")
    assert door.robot().send_picture("S1", 1200, padded).text == "true"


def test_a_message_over_the_limit_ends_in_order_and_the_next_robot_is_served(
    door: OpenDoor,
) -> None:
    ending = door.robot().say(bytes(MAX_MESSAGE_BYTES + 1))
    assert (ending.code, ending.text) == (1009, "")
    assert door.robot().send_picture("S1", 1200, make_jpeg()).text == "true"


def test_a_picture_sent_again_is_answered_alike_and_kept_once(door: OpenDoor) -> None:
    assert [door.robot().send_picture("S1", 1200, make_jpeg()).text for _ in range(3)] == [
        "true"
    ] * 3
    assert door.session("robot/S1/before/1").n_images == 1


def test_other_bytes_at_the_same_place_of_an_open_session_are_refused(door: OpenDoor) -> None:
    robot = door.robot()
    robot.send_picture("S1", 1200, make_jpeg())
    ending = robot.send_picture("S1", 1200, make_jpeg(grey=7))
    assert (ending.text, ending.code) == ("", 1008)
    assert "1200" in ending.reason


def test_sessions_of_one_name_and_two_arms_are_two(door: OpenDoor) -> None:
    for arm_id in ("ARM001", "ARM002"):
        assert door.robot(arm_id).send_picture("S1", 1200, make_jpeg()).text == "true"
    sessions = door.store.find_sessions("robot/S1/before/")
    assert sorted(session.arm.arm_id for session in sessions) == ["ARM001", "ARM002"]


class FailingImages(FakeImageStore):
    """Keeps nothing, for the first so many times."""

    def __init__(self, error: Exception, times: int) -> None:
        super().__init__()
        self.error, self.times = error, times

    def save_image(self, session_id: str, data: bytes) -> str:
        if self.times > 0:
            self.times -= 1
            raise self.error
        return super().save_image(session_id, data)


@pytest.mark.parametrize("error", [TransientError("it is away"), StorageFullError("it is full")])
def test_a_picture_that_cannot_be_kept_is_never_answered_with_a_text(error: Exception) -> None:
    hours = count(step=3600)
    images = FailingImages(error, times=10**6)
    with open_door(images=images, monotonic_s=lambda: float(next(hours))) as door:
        ending = door.robot().send_picture("S1", 1200, make_jpeg())
        assert (ending.text, ending.code, ending.reason) == ("", 1011, str(error))
        assert door.session("robot/S1/before/1").n_images == 0


def test_an_outage_that_passes_is_waited_for() -> None:
    with open_door(images=FailingImages(TransientError("it is away"), times=2)) as door:
        assert door.robot().send_picture("S1", 1200, make_jpeg()).text == "true"
        assert door.session("robot/S1/before/1").n_images == 1
