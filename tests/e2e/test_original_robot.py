"""Robots of the original, unchanged, at the whole of SorterBot."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random
from typing import Any, TypeVar

import pytest
import websocket

from cli.stack import LocalStack
from cli.tables import TableSettings
from robot.arm import POSITIONS_PW, VirtualArm
from robot.client import SessionRequest, connect
from robot.retrying import Patience
from storage.bootstrap import make_image_store
from tests.e2e.robots import NEARER, Robot, commands_of, photographs
from tests.original_robot import OriginalRobot, Pairs, commands_message

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900, func_only=True)]

N_ROBOTS = 20
GIVES_UP_AFTER_S = 300.0
TABLES = TableSettings(seed=3, n_items=6, n_kinds=2, n_containers=2, touching=0, covered=0)
LOST = (OSError, websocket.WebSocketException, ValueError)
"""What the robot dies of, and is started again by whoever looks after it."""

Answer = TypeVar("Answer")


def until_answered(ask: Callable[[], Answer]) -> Answer:
    """Do what a robot does that is started again after each lost connection."""
    until_s = time.monotonic() + GIVES_UP_AFTER_S
    while True:
        try:
            answer = ask()
        except LOST:
            answer = None
        if answer:
            return answer
        assert time.monotonic() < until_s
        time.sleep(0.2)


def pairs_over_http(plan: Mapping[str, Any]) -> Pairs:
    return [
        [[place["servo0_pw"], place["servo1_pw"]] for place in (one["pick"], one["drop"])]
        for one in commands_of(plan)
    ]


@pytest.fixture(scope="module")
def address(stack: LocalStack) -> str:
    assert OriginalRobot(stack.robot_door_address).is_door_there()
    return stack.robot_door_address


def sort_once(address: str, number: int) -> Pairs:
    robot = OriginalRobot(address, f"ORIGINAL{number}", NEARER)
    session = until_answered(robot.begin_session)
    until_answered(lambda: robot.send_pictures(session, photographs()))
    return until_answered(lambda: robot.ask_commands(session))


def vanish(address: str, number: int) -> None:
    """Send all pictures, ask, and go without a word; then come back."""
    robot = OriginalRobot(address, f"ORIGINAL{number}", NEARER)
    until_answered(lambda: robot.send_pictures("S1", photographs()))
    until_answered(lambda: ask_and_go(robot))


def ask_and_go(robot: OriginalRobot) -> bool:
    with robot.connection() as connection:
        connection.send(commands_message(robot.arm_id, "S1", NEARER))
        connection.shutdown()
    return True


def test_twenty_robots_at_once_sort_as_over_http_though_their_door_is_killed(
    stack: LocalStack, address: str, undisturbed: dict[str, object]
) -> None:
    expected = pairs_over_http(undisturbed)
    assert expected
    with ThreadPoolExecutor(N_ROBOTS + 1) as pool:
        gone = pool.submit(vanish, address, N_ROBOTS)
        robots = [pool.submit(sort_once, address, number) for number in range(N_ROBOTS)]
        until_answered(lambda: sum(s.n_images for s in stack.store.find_sessions("robot/")) > 20)
        stack.kill("robot-door")
        answers = [robot.result() for robot in robots]
        gone.result()
    for pairs in answers:
        assert pairs == expected
    back = OriginalRobot(address, f"ORIGINAL{N_ROBOTS}", NEARER)
    assert until_answered(lambda: back.ask_commands("S1")) == expected
    ours = {f"ORIGINAL{number}" for number in range(N_ROBOTS + 1)}
    complete = set()
    for session in stack.store.find_sessions("robot/"):
        if session.arm.arm_id in ours:
            found = (session.n_images, session.n_detected)
            assert found in {(5, 5), (0, 0)}, f"none lost, none twice: {session}"
            complete |= {session.arm.arm_id} if session.n_images else set()
    assert complete == ours


def test_a_robot_sorts_its_table_and_its_pictures_after_tell_what_it_moved(
    stack: LocalStack, address: str
) -> None:
    arm = TABLES.stand_at(0, "TABLE")
    pictures = take_pictures(arm)
    robot = OriginalRobot(address, "TABLE")
    session = robot.begin_session()
    assert robot.send_pictures(session, pictures)
    pairs = robot.ask_commands(session)
    assert pairs == pairs_over_http(plan_over_http(stack, arm, pictures))
    *carried_out, left_out = commands_from(pairs)
    deeds = list(arm.carry_out({"commands": carried_out}))
    assert len(deeds) >= 3
    assert all(deed.item is not None and not deed.was_inside for deed in deeds)
    assert robot.send_pictures(session, take_pictures(arm), is_after=True)
    robot.end_after_pictures(session)
    [before] = stack.store.find_sessions(f"robot/{session}/before/", "TABLE")
    told = until_answered(lambda: stack.store.load_outcomes(before.session_id))
    results = {outcome.command: outcome.result for outcome in told}
    assert results[left_out["order"]] == "missed"
    truly_in = {deed.order for deed in deeds if deed.landed_in is not None}
    assert truly_in
    assert {results[order] for order in truly_in} == {"picked"}
    until_answered(lambda: "after" in panoramas_told(stack, before.session_id))
    images = make_image_store(stack.environment["SORTERBOT_IMAGE_STORE"])
    for which in ("original", "after"):
        assert images.load_named(f"TABLE/{session}/{which}_stitch.jpg").startswith(b"\xff\xd8")


def plan_over_http(
    stack: LocalStack, arm: VirtualArm, pictures: Mapping[float, bytes]
) -> dict[str, Any]:
    key = stack.make_key("OVERHTTP")
    patience = Patience(total_s=GIVES_UP_AFTER_S)
    with connect(stack.gateway_url, key, rng=Random(1), patience=patience) as client:
        client.register_arm(replace(arm.arm, arm_id="OVERHTTP"))
        over_http = Robot(arm.arm, client, pictures)
        session_id = client.open_session(SessionRequest("OVERHTTP", len(pictures)), "1").session_id
        for position_pw in pictures:
            over_http.post(session_id, position_pw)
        return client.await_plan(session_id, within_s=GIVES_UP_AFTER_S, wait_s=5.0)


def take_pictures(arm: VirtualArm) -> dict[float, bytes]:
    return {position_pw: arm.photograph(position_pw) for position_pw in POSITIONS_PW}


def commands_from(pairs: Pairs) -> list[dict[str, Any]]:
    """Return pairs as the virtual arm reads commands."""
    names = ("servo0_pw", "servo1_pw")
    return [
        {
            "order": order,
            "pick": dict(zip(names, pick, strict=True)),
            "drop": dict(zip(names, drop, strict=True)),
        }
        for order, (pick, drop) in enumerate(pairs)
    ]


def panoramas_told(stack: LocalStack, session_id: str) -> set[object]:
    told = stack.store.load_events(session_id)
    return {event.data["which"] for event in told if event.kind == "panorama.saved"}
