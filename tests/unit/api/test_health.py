from __future__ import annotations

import pytest

from tests.unit.api.gateway import FakeGateway


def test_the_process_is_alive_whatever_else_is_not(gateway: FakeGateway) -> None:
    gateway.store.is_down = gateway.images.is_down = gateway.queue.is_down = True
    response = gateway.client.get("/healthz")
    assert (response.status_code, response.get_json()) == (200, {"status": "ok"})


def test_a_gateway_with_workers_is_ready_and_has_nothing_to_add(gateway: FakeGateway) -> None:
    for worker_id, queue in (("a", "gpu"), ("b", "gpu"), ("c", "sort")):
        gateway.store.beat(worker_id, queue)
    response = gateway.client.get("/readyz")
    assert response.status_code == 200
    assert response.get_json() == {
        "ready": True,
        "database": "up",
        "image_store": "up",
        "broker": "up",
        "n_gpu_workers": 2,
        "n_sort_workers": 1,
        "note": None,
    }


def test_without_a_gpu_worker_it_is_ready_and_says_so(gateway: FakeGateway) -> None:
    response = gateway.client.get("/readyz")
    assert response.status_code == 200
    assert response.get_json()["n_gpu_workers"] == 0
    assert "No GPU worker" in response.get_json()["note"]


def test_a_worker_that_fell_silent_is_not_up(gateway: FakeGateway) -> None:
    gateway.store.beat("a", "gpu")
    gateway.store.let_pass(6)
    assert gateway.client.get("/readyz").get_json()["n_gpu_workers"] == 0


@pytest.mark.parametrize(
    ("what", "status", "named"),
    [("store", 503, "database"), ("images", 503, "image_store"), ("queue", 200, "broker")],
)
def test_it_is_ready_exactly_while_a_picture_would_be_taken_in(
    gateway: FakeGateway, what: str, status: int, named: str
) -> None:
    session_id = gateway.open_session()
    getattr(gateway, what).is_down = True
    response = gateway.client.get("/readyz")
    body = response.get_json()
    assert (response.status_code, body[named]) == (status, "down")
    assert body["note"]
    assert (gateway.post_image(session_id).status_code == 202) == body["ready"]


def test_a_gateway_that_was_asked_to_stop_is_not_ready_and_still_takes_pictures(
    gateway: FakeGateway,
) -> None:
    session_id = gateway.open_session()
    gateway.context.leaving.set()
    response = gateway.client.get("/readyz")
    assert (response.status_code, response.get_json()["ready"]) == (503, False)
    assert "stopping" in response.get_json()["note"]
    assert gateway.client.get("/healthz").status_code == 200
    assert gateway.post_image(session_id).status_code == 202


def test_whoever_waits_or_follows_is_not_held_by_a_gateway_that_stops(
    gateway: FakeGateway,
) -> None:
    session_id = gateway.open_session()
    gateway.clock.on_sleep = gateway.context.leaving.set
    began_s = gateway.clock()
    assert gateway.get(f"/sessions/{session_id}/commands?wait=30").status_code == 202
    assert gateway.get(f"/sessions/{session_id}/events").status_code == 200
    assert gateway.clock() - began_s < 1


def test_metrics_count_requests_by_route_and_status_and_pictures(gateway: FakeGateway) -> None:
    session_id = gateway.open_session()
    for _ in range(3):
        gateway.post_image(session_id)
    gateway.post_image(session_id, 9999)
    gateway.client.open("/nowhere", method="BREW")
    response = gateway.client.get("/metrics")
    assert response.content_type.startswith("text/plain")
    route = 'route="/sessions/<session_id>/images/<position_pw>"'
    for line in (
        f'sorterbot_http_requests_total{{method="POST",{route},status="202"}} 3.0',
        f'sorterbot_http_requests_total{{method="POST",{route},status="422"}} 1.0',
        'sorterbot_http_requests_total{method="other",route="unknown",status="404"} 1.0',
        f"sorterbot_http_request_seconds_count{{{route}}} 4.0",
        'sorterbot_images_total{outcome="accepted"} 1.0',
        'sorterbot_images_total{outcome="repeated"} 2.0',
        "sorterbot_images_waiting 1.0",
    ):
        assert line in response.text


def test_metrics_are_served_while_the_database_is_away(gateway: FakeGateway) -> None:
    gateway.store.is_down = True
    response = gateway.client.get("/metrics")
    assert response.status_code == 200
    assert "sorterbot_images_waiting NaN" in response.text
