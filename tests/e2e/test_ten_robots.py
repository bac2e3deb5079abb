from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest

from cli.stack import LocalStack
from robot.arm import POSITIONS_PW
from tests.e2e.robots import Robot, check_counted_once, commands_of, make_robot

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900, func_only=True)]

N_ROBOTS = 10


def post_all_wildly(robot: Robot, session_id: str, rng: Random) -> dict[float, set[str]]:
    """Post every picture three times, in any order and two at a time."""
    order = [position_pw for position_pw in POSITIONS_PW for _ in range(3)]
    rng.shuffle(order)
    with ThreadPoolExecutor(2) as pool:
        receipts = pool.map(lambda position_pw: robot.post(session_id, position_pw), order)
        ids: dict[float, set[str]] = {}
        for position_pw, receipt in zip(order, receipts, strict=True):
            ids.setdefault(position_pw, set()).add(receipt.image_id)
    return ids


def sort_once(stack: LocalStack, number: int) -> dict[str, Any]:
    """Let one robot sort its table, half of them without saying how many pictures will come."""
    with make_robot(stack, f"ROBOT{number}") as robot:
        session_id = robot.open_session(5 if number % 2 else None)
        ids = post_all_wildly(robot, session_id, Random(number))
        assert all(len(same) == 1 for same in ids.values())
        robot.client.complete_session(session_id)
        plan = robot.client.await_plan(session_id, within_s=800.0, wait_s=5.0)
        for position_pw in POSITIONS_PW:
            assert {robot.post(session_id, position_pw).image_id} == ids[position_pw]
        robot.client.complete_session(session_id)
        assert robot.client.await_plan(session_id, wait_s=0.0) == plan
        check_counted_once(stack, session_id, plan)
        return plan


def test_ten_robots_that_repeat_and_reorder_each_get_one_plan_of_five_pictures(stack):
    with ThreadPoolExecutor(N_ROBOTS) as pool:
        plans = list(pool.map(lambda number: sort_once(stack, number), range(N_ROBOTS)))
    assert len({plan["session_id"] for plan in plans}) == N_ROBOTS
    assert commands_of(plans[0])
    for plan in plans[1:]:
        assert commands_of(plan) == commands_of(plans[0])
