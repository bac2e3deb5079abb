from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from tests.unit.api.gateway import FakeGateway
from tests.unit.api.picture_bytes import make_jpeg


def test_a_request_id_that_was_sent_comes_back(gateway: FakeGateway) -> None:
    response = gateway.client.get("/healthz", headers={"X-Request-Id": "robot-7.42_a"})
    assert response.headers["X-Request-Id"] == "robot-7.42_a"


@pytest.mark.parametrize("sent", ["", "x" * 65, "a b", "<script>", "caf\u00e9"])
def test_a_request_id_that_could_do_harm_is_replaced(gateway: FakeGateway, sent: str) -> None:
    response = gateway.client.get("/healthz", headers={"X-Request-Id": sent})
    assert response.headers["X-Request-Id"] == "request-1"


def test_the_request_id_travels_with_session_picture_and_messages(gateway: FakeGateway) -> None:
    opened = gateway.post(
        "/sessions",
        json={"arm_id": "arm-1", "expected_images": 1},
        headers={"X-Request-Id": "open-1"},
    )
    session_id = opened.get_json()["session_id"]
    gateway.post_image(session_id, headers={"X-Request-Id": "post-1"})
    assert gateway.store.load_session(session_id).request_id == "open-1"
    assert gateway.store.load_images(session_id)[0].request_id == "post-1"
    assert gateway.queue.images[0].request_id == "post-1"
    assert gateway.queue.closings[0].request_id == "post-1"


def test_logs_name_request_arm_and_answer_and_hold_neither_keys_nor_pixels(
    gateway: FakeGateway,
) -> None:
    session_id = gateway.open_session()
    data = make_jpeg()
    with capture_logs() as logs:
        gateway.post_image(session_id, data=data)
        gateway.post_image(session_id, 9999, data=data)
    assert [line["status"] for line in logs if line["event"] == "request"] == [202, 422]
    text = repr(logs)
    assert gateway.headers["Authorization"].split("_", 2)[2] not in text
    assert repr(data)[2:50] not in text


def test_probes_are_logged_only_when_they_fail(gateway: FakeGateway) -> None:
    with capture_logs() as logs:
        gateway.client.get("/healthz")
        gateway.client.get("/readyz")
        gateway.client.get("/metrics")
    assert logs == []
    gateway.store.is_down = True
    with capture_logs() as logs:
        gateway.client.get("/readyz")
    assert [line["status"] for line in logs if line["event"] == "request"] == [503]


def test_no_answer_is_kept_by_caches_or_guessed_at(gateway: FakeGateway) -> None:
    response = gateway.get(f"/sessions/{gateway.open_session()}")
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
