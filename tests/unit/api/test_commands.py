from __future__ import annotations

import pytest

from tests.unit.api.gateway import PLAN, FakeGateway, problem_of


def test_the_plan_comes_with_its_session_and_state(gateway: FakeGateway) -> None:
    session_id = gateway.finish_session()
    response = gateway.get(f"/sessions/{session_id}/commands")
    assert response.status_code == 200
    assert response.get_json() == {"session_id": session_id, "state": "done", **PLAN}


def test_without_waiting_the_progress_comes_at_once(gateway: FakeGateway) -> None:
    session_id = gateway.open_session()
    response = gateway.get(f"/sessions/{session_id}/commands")
    assert response.status_code == 202
    assert response.headers["Retry-After"] == "1"
    assert response.get_json()["progress"]["stage"] == "photographing"
    assert gateway.clock.slept_s == []


def test_a_wait_ends_when_the_plan_is_there(gateway: FakeGateway) -> None:
    session_id = gateway.open_session()
    gateway.post_image(session_id)
    gateway.post(f"/sessions/{session_id}/complete")

    def work() -> None:
        if sum(gateway.clock.slept_s) > 3:
            gateway.clock.on_sleep = lambda: None
            gateway.detect(session_id)
            gateway.sort(session_id)

    gateway.clock.on_sleep = work
    response = gateway.get(f"/sessions/{session_id}/commands?wait=30")
    assert response.status_code == 200
    assert 3 < sum(gateway.clock.slept_s) < 4


def test_a_wait_in_vain_ends_on_time_with_the_progress(gateway: FakeGateway) -> None:
    session_id = gateway.open_session()
    assert gateway.get(f"/sessions/{session_id}/commands?wait=7.3").status_code == 202
    assert sum(gateway.clock.slept_s) == pytest.approx(7.3)
    assert min(gateway.clock.slept_s[:-1]) >= 0.1
    assert max(gateway.clock.slept_s) <= 0.5


@pytest.mark.parametrize("wait", ["-1", "61", "nan", "inf", "long"])
def test_a_wait_that_makes_no_sense_is_refused(gateway: FakeGateway, wait: str) -> None:
    session_id = gateway.open_session()
    response = gateway.get(f"/sessions/{session_id}/commands?wait={wait}")
    problem_of(response, 422, "invalid-input")


def test_one_more_than_may_wait_is_answered_at_once() -> None:
    gateway = FakeGateway(max_waits=1)
    session_id = gateway.open_session()
    inner: list[tuple[int, int]] = []

    def second_robot() -> None:
        gateway.clock.on_sleep = lambda: None
        n_slept = len(gateway.clock.slept_s)
        response = gateway.get(f"/sessions/{session_id}/commands?wait=5")
        inner.append((response.status_code, len(gateway.clock.slept_s) - n_slept))

    gateway.clock.on_sleep = second_robot
    gateway.get(f"/sessions/{session_id}/commands?wait=5")
    assert inner == [(202, 0)]
    gateway.clock.slept_s.clear()
    gateway.get(f"/sessions/{session_id}/commands?wait=5")
    assert sum(gateway.clock.slept_s) == pytest.approx(5), "the place was given back"


def test_a_place_is_given_back_when_the_database_goes_away(gateway: FakeGateway) -> None:
    gateway = FakeGateway(max_waits=1)
    session_id = gateway.open_session()

    def go_away() -> None:
        gateway.store.is_down = True

    gateway.clock.on_sleep = go_away
    problem_of(gateway.get(f"/sessions/{session_id}/commands?wait=5"), 503, "unavailable")
    gateway.store.is_down = False
    gateway.clock.on_sleep = lambda: None
    gateway.clock.slept_s.clear()
    gateway.get(f"/sessions/{session_id}/commands?wait=5")
    assert gateway.clock.slept_s


def test_a_failed_session_has_no_plan_and_says_why(gateway: FakeGateway) -> None:
    session_id = gateway.open_session()
    gateway.post(f"/sessions/{session_id}/complete")
    gateway.sort(session_id)
    response = gateway.get(f"/sessions/{session_id}/commands?wait=30")
    problem = problem_of(response, 409, "session-failed")
    assert "0 of 0 pictures could be read" in problem["detail"]
    assert gateway.clock.slept_s == []
