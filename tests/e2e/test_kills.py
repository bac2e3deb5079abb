from __future__ import annotations

import pytest

from robot.arm import POSITIONS_PW
from tests.e2e.robots import check_counted_once, commands_of, make_robot

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900, func_only=True)]


@pytest.mark.parametrize("killed", ["gpu-worker", "sort-worker", "beat", "gateway"])
def test_a_process_killed_in_mid_session_delays_it_and_loses_nothing(stack, undisturbed, killed):
    with make_robot(stack, f"KILLED-{killed}") as robot:
        session_id = robot.open_session()
        for position_pw in POSITIONS_PW[:3]:
            robot.post(session_id, position_pw)
        stack.kill(killed)
        for position_pw in POSITIONS_PW[3:]:
            robot.post(session_id, position_pw)
        robot.client.complete_session(session_id)
        plan = robot.client.await_plan(session_id, within_s=600.0, wait_s=5.0)
        check_counted_once(stack, session_id, plan)
        assert commands_of(plan) == commands_of(undisturbed)


def test_a_sort_worker_killed_while_it_sorts_loses_nothing(stack, undisturbed):
    with make_robot(stack, "KILLED-sorting") as robot:
        session_id = robot.open_session(expected_images=5)
        for position_pw in POSITIONS_PW:
            robot.post(session_id, position_pw)
        events = robot.client.follow_events(session_id)
        assert any(event.kind == "session.sorting" for event in events)
        stack.kill("sort-worker")
        plan = robot.client.await_plan(session_id, within_s=600.0, wait_s=5.0)
        check_counted_once(stack, session_id, plan)
        assert commands_of(plan) == commands_of(undisturbed)
