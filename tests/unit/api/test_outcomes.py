from __future__ import annotations

from typing import Any

import pytest

from tests.unit.api.gateway import FakeGateway, problem_of


def test_what_the_robot_managed_is_kept(gateway: FakeGateway) -> None:
    session_id = gateway.finish_session()
    said = [{"command": 0, "result": "missed", "note": "slipped"}]
    response = gateway.post(f"/sessions/{session_id}/outcomes", json={"outcomes": said})
    assert response.status_code == 200
    assert response.get_json() == {"session_id": session_id, "outcomes": said}


def test_a_command_told_again_replaces_what_was_said_before(gateway: FakeGateway) -> None:
    session_id = gateway.finish_session()
    for outcomes in (
        [{"command": 0, "result": "missed"}],
        [{"command": 0, "result": "missed"}, {"command": 0, "result": "picked"}],
    ):
        response = gateway.post(f"/sessions/{session_id}/outcomes", json={"outcomes": outcomes})
    assert response.get_json()["outcomes"] == [{"command": 0, "result": "picked", "note": None}]


def test_a_command_that_the_plan_has_not_is_a_conflict(gateway: FakeGateway) -> None:
    session_id = gateway.finish_session()
    body = {"outcomes": [{"command": 7, "result": "picked"}]}
    problem_of(gateway.post(f"/sessions/{session_id}/outcomes", json=body), 409, "conflict")


def test_a_session_without_a_plan_has_no_outcomes(gateway: FakeGateway) -> None:
    body = {"outcomes": [{"command": 0, "result": "picked"}]}
    session_id = gateway.open_session()
    problem_of(gateway.post(f"/sessions/{session_id}/outcomes", json=body), 409, "conflict")


@pytest.mark.parametrize(
    "outcomes",
    [
        [],
        [{"command": 0}],
        [{"command": -1, "result": "picked"}],
        [{"command": 0, "result": "eaten"}],
        [{"command": 0, "result": "picked", "note": "a\x00b"}],
        [{"command": 0, "result": "picked", "note": "x" * 501}],
        "picked",
    ],
)
def test_outcomes_that_make_no_sense_are_refused(gateway: FakeGateway, outcomes: Any) -> None:
    session_id = gateway.finish_session()
    response = gateway.post(f"/sessions/{session_id}/outcomes", json={"outcomes": outcomes})
    problem_of(response, 422, "invalid-input")
    assert gateway.store.load_outcomes(session_id) == []
