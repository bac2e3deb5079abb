from __future__ import annotations

from typing import Any

import pytest

from tests.unit.api.gateway import ARM_ID, FakeGateway, problem_of


def test_a_new_session_waits_for_pictures_and_says_so(gateway: FakeGateway) -> None:
    response = gateway.post("/sessions", json={"arm_id": ARM_ID, "expected_images": 5})
    body = response.get_json()
    assert response.status_code == 201
    assert response.headers["Location"] == f"/sessions/{body['session_id']}"
    assert (body["arm_id"], body["state"], body["failed_images"]) == (ARM_ID, "open", [])
    assert body["progress"] == {
        "stage": "photographing",
        "n_images": 0,
        "n_expected": 5,
        "n_finished": 0,
        "n_detected": 0,
        "n_failed": 0,
    }
    assert body["why"].startswith("It waits for more pictures: 0 of 5 have come")
    assert gateway.get(body["links"]["session"]).get_json() == body


def test_a_whole_number_may_be_written_with_a_point(gateway: FakeGateway) -> None:
    response = gateway.post("/sessions", json={"arm_id": ARM_ID, "expected_images": 5.0})
    assert response.get_json()["progress"]["n_expected"] == 5


def test_the_same_idempotency_key_returns_the_same_session(gateway: FakeGateway) -> None:
    def open_once() -> tuple[int, Any]:
        response = gateway.post(
            "/sessions", json={"arm_id": ARM_ID}, headers={"Idempotency-Key": "round-7"}
        )
        return response.status_code, response.get_json()["session_id"]

    (first_status, first_id), (again_status, again_id) = open_once(), open_once()
    assert (first_status, again_status) == (201, 200)
    assert first_id == again_id


def test_an_idempotency_key_does_not_stand_for_two_different_sessions(
    gateway: FakeGateway,
) -> None:
    headers = {"Idempotency-Key": "round-7"}
    gateway.post("/sessions", json={"arm_id": ARM_ID}, headers=headers)
    other = gateway.post("/sessions", json={"arm_id": ARM_ID, "min_images": 3}, headers=headers)
    problem_of(other, 409, "conflict")


def test_two_arms_may_use_the_same_idempotency_key(gateway: FakeGateway) -> None:
    others = gateway.make_key_headers("arm-2")
    ids = [
        gateway.client.post(
            "/sessions", json={"arm_id": arm_id}, headers={**key, "Idempotency-Key": "1"}
        ).get_json()["session_id"]
        for arm_id, key in ((ARM_ID, gateway.headers), ("arm-2", others))
    ]
    assert len(set(ids)) == 2


@pytest.mark.parametrize("key", ["", "with space", "x" * 201, "caf\u00e9"])
def test_an_idempotency_key_that_cannot_be_kept_is_refused(gateway: FakeGateway, key: str) -> None:
    response = gateway.post("/sessions", json={"arm_id": ARM_ID}, headers={"Idempotency-Key": key})
    problem_of(response, 422, "invalid-input")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"arm_id": ""},
        {"arm_id": "a/../b"},
        {"arm_id": ARM_ID, "expected_images": 0},
        {"arm_id": ARM_ID, "min_images": 0},
        {"arm_id": ARM_ID, "expected_images": 2, "min_images": 3},
        {"arm_id": ARM_ID, "deadline_s": 0},
        {"arm_id": ARM_ID, "deadline_s": 90_000},
        {"arm_id": ARM_ID, "deadline_s": "soon"},
        {"arm_id": ARM_ID, "deadline_s": "60"},
        {"arm_id": ARM_ID, "min_images": True},
        {"arm_id": ARM_ID, "min_images": 1.5},
        {"arm_id": ARM_ID, "unheard_of": 1},
    ],
)
def test_a_session_that_makes_no_sense_is_not_opened(
    gateway: FakeGateway, body: dict[str, Any]
) -> None:
    problem = problem_of(gateway.post("/sessions", json=body), 422, "invalid-input")
    assert all(error["where"] and error["message"] for error in problem["errors"])


def test_an_arm_that_is_not_the_keys_is_forbidden_whether_it_exists_or_not(
    gateway: FakeGateway,
) -> None:
    gateway.make_key_headers("arm-2")
    answers = [gateway.post("/sessions", json={"arm_id": arm}) for arm in ("arm-2", "nobody")]
    details = [problem_of(answer, 403, "forbidden")["detail"] for answer in answers]
    assert details[0] == details[1]


def test_completing_twice_closes_once(gateway: FakeGateway) -> None:
    session_id = gateway.open_session()
    gateway.post_image(session_id)
    answers = [gateway.post(f"/sessions/{session_id}/complete") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert [answer.get_json()["state"] for answer in answers] == ["sealed"] * 3
    [closing] = gateway.queue.closings
    assert (closing.session_id, closing.n_images) == (session_id, 1)


def test_a_broker_that_is_away_does_not_keep_a_session_open(gateway: FakeGateway) -> None:
    session_id = gateway.open_session()
    gateway.queue.is_down = True
    assert gateway.post(f"/sessions/{session_id}/complete").get_json()["state"] == "sealed"


def test_a_session_tells_at_each_stage_how_far_it_is_and_why_it_is_not_done(
    gateway: FakeGateway,
) -> None:
    told = []

    def look() -> None:
        body = gateway.get(f"/sessions/{session_id}").get_json()
        progress = body["progress"]
        told.append((body["state"], progress["stage"], progress["n_finished"], body["why"]))

    session_id = gateway.open_session()
    gateway.post_image(session_id, 1400)
    gateway.post_image(session_id, 1600)
    gateway.post(f"/sessions/{session_id}/complete")
    look()
    gateway.detect(session_id)
    look()
    claim = gateway.store.claim_session(session_id, "w", dead_after_s=5, max_attempts=3)
    assert claim is not None
    look()
    gateway.store.save_plan(claim, {"commands": []})
    look()
    assert told == [
        ("sealed", "detecting", 0, "2 of its 2 pictures are not looked at yet."),
        ("sealed", "sorting", 2, "All its pictures are looked at; it waits to be sorted."),
        ("sorting", "sorting", 2, "Its commands are being worked out."),
        ("done", "finished", 2, None),
    ]


def test_failed_pictures_are_named_with_their_reasons(gateway: FakeGateway) -> None:
    session_id = gateway.open_session()
    gateway.post_image(session_id, 1400)
    bad = gateway.post_image(session_id, 1600).get_json()
    gateway.post(f"/sessions/{session_id}/complete")
    gateway.detect(session_id, failing=frozenset({1600.0}))
    gateway.sort(session_id)
    body = gateway.get(f"/sessions/{session_id}").get_json()
    assert body["state"] == "partial"
    assert body["failed_images"] == [
        {
            "image_id": bad["image_id"],
            "position_pw": 1600.0,
            "reason": "it shows nothing but noise",
        }
    ]


def test_a_failed_session_says_why(gateway: FakeGateway) -> None:
    session_id = gateway.open_session()
    gateway.post(f"/sessions/{session_id}/complete")
    gateway.sort(session_id)
    body = gateway.get(f"/sessions/{session_id}").get_json()
    assert body["state"] == "failed"
    assert "at least 1 must be" in body["why"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("POST", "/complete"),
        ("GET", "/commands"),
        ("GET", "/events"),
        ("POST", "/outcomes"),
        ("POST", "/images/1500"),
    ],
)
def test_another_arms_session_looks_exactly_like_none(
    gateway: FakeGateway, method: str, path: str
) -> None:
    others = gateway.make_key_headers("arm-2")
    session_id = gateway.open_session()
    body: dict[str, Any] = {}
    if path == "/outcomes":
        body["json"] = {"outcomes": [{"command": 0, "result": "picked"}]}
    details = []
    for asked_for in (session_id, "f" * 32):
        response = gateway.client.open(
            f"/sessions/{asked_for}{path}", method=method, headers=others, **body
        )
        details.append(problem_of(response, 404, "not-found")["detail"])
    assert details[0] == details[1]
