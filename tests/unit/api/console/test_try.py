"""A picture that is tried is read like a robot's, and is no part of any robot's business."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from api.console.guard import MAX_FORM_BYTES
from api.console.state import TRY_RATE
from storage.overview import TRY_ARM_ID
from tests.factories import make_detections
from tests.unit.api.console.browser import Browser
from tests.unit.api.gateway import FakeGateway
from tests.unit.api.picture_bytes import make_jpeg, make_png


def try_picture(browser: Browser, data: bytes, **headers: str) -> TestResponse:
    sent = {"X-Form-Token": browser.form_token(), "Accept": "application/json", **headers}
    return browser.client.post("/console/try", data=data, headers=sent)


def state_of(browser: Browser, address: str) -> dict[str, Any]:
    state: dict[str, Any] = browser.get(f"{address}/state").get_json()
    return state


@pytest.mark.parametrize("data", [make_jpeg(), make_png()])
def test_a_picture_is_queued_read_and_shown_with_its_boxes(gateway, browser, data):
    gateway.store.beat("worker", "gpu")
    address = try_picture(browser, data).get_json()["address"]
    assert browser.get(address).status_code == 200
    assert state_of(browser, address)["why"] == "It waits for its turn."
    (message,) = gateway.queue.images
    claim = gateway.store.claim_image(message.image_id, "w", dead_after_s=5, max_attempts=3)
    assert state_of(browser, address)["why"] == "A worker has it in hand."
    found = make_detections(3)
    gateway.store.save_detections(claim, found, "d@1")
    state = state_of(browser, address)
    assert (state["state"], state["why"], state["is_final"]) == ("detected", None, True)
    assert [box["kind"] for box in state["boxes"]] == ["item", "container", "item"]
    assert [box["score"] for box in state["boxes"]] == pytest.approx(found.scores.tolist())
    assert [box["xyxy_px"] for box in state["boxes"]] == found.xyxy_px.tolist()
    picture = browser.get(f"{address}/picture")
    assert picture.get_data() == data


def test_a_picture_may_be_larger_than_any_form():
    data = make_png(200, 200, compress_level=0)
    assert len(data) > MAX_FORM_BYTES
    browser = Browser(FakeGateway(max_image_bytes=2 * len(data)))
    assert try_picture(browser, data).status_code == 201


def test_a_picture_that_cannot_be_read_says_why(gateway, browser):
    address = try_picture(browser, make_jpeg()).get_json()["address"]
    (message,) = gateway.queue.images
    claim = gateway.store.claim_image(message.image_id, "w", dead_after_s=5, max_attempts=3)
    gateway.store.fail_image(claim, "its scan is torn")
    state = state_of(browser, address)
    assert (state["state"], state["why"], state["boxes"]) == ("failed", "its scan is torn", [])


def test_without_a_worker_it_says_that_none_is_up(browser):
    address = try_picture(browser, make_jpeg()).get_json()["address"]
    assert "No GPU worker is up" in state_of(browser, address)["why"]


@pytest.mark.parametrize(
    ("data", "status", "says"),
    [
        (b"", 415, "empty"),
        (b"GIF89a, of all things", 415, "neither a JPEG nor a PNG"),
        (make_jpeg()[:-2], 422, "ends before its end"),
        (b"\xff\xd8\xff" + bytes(60_000), 413, "exceeds"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_reason_and_leaves_nothing(
    gateway, browser, data, status, says
):
    refused = try_picture(browser, data)
    assert refused.status_code == status
    assert says in refused.get_json()["detail"]
    assert gateway.images.images == {}
    assert gateway.store.load_tried(-60) == []


def test_a_full_queue_refuses_what_is_tried_and_keeps_nothing_of_it(gateway, browser):
    answers = [try_picture(browser, make_jpeg()).status_code for _ in range(12)]
    n_taken = answers.count(201)
    assert answers == [201] * n_taken + [503] * (12 - n_taken)
    assert 0 < n_taken < 12
    kept = gateway.store.load_tried(-60)
    assert len(kept) == len(gateway.images.images) == n_taken
    assert all(one.keys for one in kept)


def test_a_robots_session_is_not_shown_as_a_tried_picture(gateway, browser):
    session_id = gateway.finish_session()
    for end in ("", "/state", "/picture"):
        assert browser.get(f"/console/try/{session_id}{end}").status_code == 404


def test_no_robots_key_reaches_the_arm_of_tried_pictures(gateway):
    body = {"arm_id": TRY_ARM_ID}
    assert gateway.post("/sessions", json=body).status_code == 422


def test_trying_needs_the_forms_token_and_somebody_who_is_signed_in(gateway, browser):
    assert try_picture(browser, make_jpeg(), **{"X-Form-Token": "0" * 64}).status_code == 403
    stranger = gateway.app.test_client()
    refused = stranger.post(
        "/console/try", data=make_jpeg(), headers={"Accept": "application/json"}
    )
    assert refused.status_code == 401
    assert gateway.queue.images == []


def test_an_operator_who_tries_without_end_has_to_wait(browser):
    answers = [try_picture(browser, b"no picture").status_code for _ in range(TRY_RATE.burst + 1)]
    assert answers == [415] * TRY_RATE.burst + [429]
