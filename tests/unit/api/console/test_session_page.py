"""The page of one session, on a gateway of fakes."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from api.console.state import MOST_VIEWERS
from sorter.types import Arm, Detections
from storage.overview import TRY_ARM_ID
from storage.views import Reading
from tests.factories import make_detections
from tests.unit.api.console.browser import Browser
from tests.unit.api.gateway import ARM_ID, PLAN, FakeGateway
from tests.unit.api.picture_bytes import make_jpeg

SESSION = "/console/sessions/{}"


def plan_of(gateway: FakeGateway, session_id: str) -> dict[str, Any]:
    """Write a plan down of which the first detection of the first picture is the only item."""
    image = gateway.store.load_images(session_id)[0]
    box = make_detections(1).xyxy_px[0].tolist()
    thing = {
        "position": {"servo0_pw": 1500.0, "servo1_pw": 1600.0},
        "crop": {"image_id": image.image_id, "xyxy_px": box},
        "sightings": [[image.image_id, 0]],
    }
    return PLAN | {"items": [thing], "containers": [thing]}


def read_all(gateway: FakeGateway, session_id: str, found: Detections) -> None:
    for image in gateway.store.load_images(session_id):
        claim = gateway.store.claim_image(image.image_id, "w", dead_after_s=5, max_attempts=3)
        assert claim is not None
        gateway.store.save_detections(claim, found, "d@1", Reading(0.1, 0.2, 0.3, 4))


@pytest.fixture
def done(gateway: FakeGateway) -> str:
    """A session with its plan."""
    session_id = gateway.open_session()
    gateway.post_image(session_id, 1500)
    gateway.post_image(session_id, 1700)
    gateway.post(f"/sessions/{session_id}/complete")
    read_all(gateway, session_id, make_detections(2))
    claim = gateway.store.claim_session(session_id, "w", dead_after_s=5, max_attempts=3)
    assert claim is not None
    gateway.store.save_plan(claim, plan_of(gateway, session_id), {"stages_s": {"merge": 0.5}})
    return session_id


def data_of(browser: Browser, session_id: str) -> dict[str, Any]:
    answer = browser.get(SESSION.format(session_id) + "/data", {"Accept": "application/json"})
    assert answer.status_code == 200
    document: dict[str, Any] = answer.get_json()
    return document


def test_a_session_that_waits_says_what_for_and_draws_nothing_yet(
    gateway: FakeGateway, browser: Browser
) -> None:
    session_id = gateway.open_session(expected_images=3)
    gateway.post_image(session_id)
    page = browser.get(SESSION.format(session_id)).get_data(as_text=True)
    assert "It waits for more pictures: 1 of 3 have come" in page
    told = data_of(browser, session_id)
    assert (told["state"], told["n_expected"], told["is_final"]) == ("open", 3, False)
    assert (told["panorama"], told["crops"], told["plan"]) == (None, None, None)
    assert told["images"][0]["detections"] == []
    for drawing in ("table.jpg", "crops.jpg", "commands.json"):
        assert browser.get(f"{SESSION.format(session_id)}/{drawing}").status_code == 404


def test_a_session_that_is_done_tells_how_each_picture_was_read(
    browser: Browser, done: str
) -> None:
    told = data_of(browser, done)
    assert [image["position_pw"] for image in told["images"]] == [1500, 1700]
    assert told["images"][0]["reading"] == {
        "decode_s": 0.1,
        "batch_wait_s": 0.2,
        "forward_s": 0.3,
        "batch_images": 4,
    }
    assert [one["label"] for one in told["images"][0]["detections"]] == [0, 1]
    assert told["explanation"] == {"stages_s": {"merge": 0.5}}


def test_things_lie_on_the_table_where_their_boxes_are(browser: Browser, done: str) -> None:
    table = data_of(browser, done)["table"]
    (item,) = table["items"]
    assert len(item["corners"]) == 4
    left, near, right, far = table["panorama"]
    for x, y in item["corners"]:
        assert left <= x <= right
        assert near <= y <= far
    assert len(table["outlines"]) == 2
    assert len(table["reach"]) == 48


@pytest.mark.parametrize("name", ["table.jpg", "crops.jpg"])
def test_a_drawing_is_a_jpeg_for_ever_and_made_once(
    gateway: FakeGateway, browser: Browser, done: str, name: str
) -> None:
    first = browser.get(f"{SESSION.format(done)}/{name}")
    assert Image.open(io.BytesIO(first.data)).format == "JPEG"
    assert "immutable" in first.headers["Cache-Control"]
    kept = dict(gateway.images.images)
    assert browser.get(f"{SESSION.format(done)}/{name}").data == first.data
    assert gateway.images.images == kept


def test_the_document_names_the_drawings_that_are_served(browser: Browser, done: str) -> None:
    told = data_of(browser, done)
    images = [image[size] for image in told["images"] for size in ("small", "whole")]
    for address in (told["panorama"], told["crops"]["address"], *images):
        assert browser.get(address).status_code == 200
    assert told["crops"]["n"] == 4


def test_a_picture_is_served_as_it_came_and_small(
    gateway: FakeGateway, browser: Browser, done: str
) -> None:
    image = data_of(browser, done)["images"][0]
    whole = browser.get(image["whole"])
    assert whole.data == make_jpeg()
    assert whole.content_type == "image/jpeg"
    assert browser.get(image["small"]).content_type == "image/jpeg"
    kept = dict(gateway.images.images)
    gateway.images.images.clear()
    blank = browser.get(image["small"])
    assert blank.status_code == 200  # for a page without errors
    assert blank.headers["Cache-Control"] == "no-store"
    gateway.images.images.update(kept)
    assert browser.get(image["small"]).data != blank.data


def test_commands_are_downloaded_as_the_robot_read_them(
    gateway: FakeGateway, browser: Browser, done: str
) -> None:
    answer = browser.get(SESSION.format(done) + "/commands.json")
    assert answer.get_json() == gateway.store.load_plan(done)
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")


def test_the_events_of_a_session_that_is_over_end_and_are_not_asked_for_again(
    browser: Browser, done: str
) -> None:
    events = browser.get(SESSION.format(done) + "/events")
    text = events.get_data(as_text=True)
    assert events.content_type.startswith("text/event-stream")
    assert "event: session.done" in text
    last = text.rsplit("id: ", 1)[1].split("\n")[0]
    again = browser.get(SESSION.format(done) + "/events", {"Last-Event-ID": last})
    assert again.status_code == 204


def test_who_asks_for_the_head_of_the_events_holds_no_stream(
    gateway: FakeGateway, browser: Browser
) -> None:
    session_id = gateway.open_session()
    heads = [
        browser.client.head(SESSION.format(session_id) + "/events", buffered=False)
        for _ in range(MOST_VIEWERS + 1)
    ]
    assert {head.status_code for head in heads} == {200}
    for head in heads:
        head.close()


@pytest.mark.parametrize("path", ["", "/data", "/events", "/images/x", "/table.jpg"])
def test_what_is_no_session_is_not_found(browser: Browser, path: str) -> None:
    assert browser.get(SESSION.format("0" * 32) + path).status_code == 404


def test_a_picture_that_somebody_tried_is_no_session(
    gateway: FakeGateway, browser: Browser
) -> None:
    gateway.store.save_arm(Arm(TRY_ARM_ID))
    tried, _ = gateway.store.open_session(
        TRY_ARM_ID,
        expected_images=1,
        min_images=1,
        deadline_s=60,
        idempotency_key=None,
        request_id=None,
    )
    assert browser.get(SESSION.format(tried.session_id)).status_code == 404


def test_a_stranger_sees_nothing_of_a_session(gateway: FakeGateway, done: str) -> None:
    stranger = Browser(gateway, is_signed_in=False)
    for path in ("", "/data", "/events", "/table.jpg", "/commands.json"):
        assert stranger.get(SESSION.format(done) + path).status_code == 303


def test_a_picture_of_another_session_is_not_found_in_this_one(
    gateway: FakeGateway, browser: Browser, done: str
) -> None:
    other = gateway.open_session()
    image = gateway.store.load_images(done)[0]
    assert browser.get(f"{SESSION.format(other)}/images/{image.image_id}").status_code == 404
    assert image.session_id != other
    assert gateway.store.load_session(other).arm.arm_id == ARM_ID


class TestReplays:
    def ask(self, browser: Browser, session_id: str, **fields: str) -> Any:
        form = fields | {"form_token": browser.form_token()}
        return browser.client.post(
            SESSION.format(session_id) + "/replays",
            data=form,
            headers={"Accept": "application/json"},
        )

    def test_a_wish_is_noted_and_shown(self, browser: Browser, done: str) -> None:
        assert self.ask(browser, done, detector="new.2", embedder="").status_code == 202
        (replay,) = data_of(browser, done)["replays"]
        assert (replay["detector"], replay["state"]) == ("new.2", "waiting")

    @pytest.mark.parametrize("name", ["../x", "/etc", "a/b", ".hidden", "x" * 65, "a\\b", "a b"])
    def test_a_path_is_no_name(self, browser: Browser, done: str, name: str) -> None:
        answer = self.ask(browser, done, detector=name)
        assert answer.status_code == 422
        assert data_of(browser, done)["replays"] == []

    def test_a_session_without_commands_is_not_replayed(
        self, gateway: FakeGateway, browser: Browser
    ) -> None:
        assert self.ask(browser, gateway.open_session()).status_code == 409

    def test_nobody_replays_without_the_form_s_token(self, browser: Browser, done: str) -> None:
        answer = browser.client.post(SESSION.format(done) + "/replays", data={})
        assert answer.status_code == 403
