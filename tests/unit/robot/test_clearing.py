from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from robot.arm import POSITIONS_PW, VirtualArm
from robot.clearing import MAX_PASSES, PHOTOGRAPH_S, Clearing, arm_seconds, clear_table
from robot.kinds import KINDS
from robot.session import SessionReport
from robot.table_layout import CAMERA, make_scene
from sorter.geometry import servo_from_table

Planner = Callable[[VirtualArm], list[dict[str, Any]]]


def make_arm(n_items: int = 3) -> VirtualArm:
    rng = np.random.default_rng(4)
    scene = make_scene(rng, n_items=n_items, kinds=sorted(KINDS)[:1], n_containers=1)
    return VirtualArm("ARM001", scene, rng)


def servo(arm: VirtualArm, xy_px: tuple[float, float]) -> dict[str, float]:
    servo0_pw, servo1_pw = servo_from_table([xy_px], CAMERA, arm.truth)[0].tolist()
    return {"servo0_pw": servo0_pw, "servo1_pw": servo1_pw}


def command(arm: VirtualArm, item: int, order: int, aside_px: float = 0.0) -> dict[str, Any]:
    x, y = arm.scene.items[item].centre_xy_px
    drop = servo(arm, arm.scene.containers[0].centre_xy_px)
    return {"order": order, "pick": servo(arm, (x + aside_px, y)), "drop": drop}


def free_items(arm: VirtualArm) -> list[int]:
    return [n for n, item in enumerate(arm.scene.items) if item.contained_in is None]


def one_at_a_time(arm: VirtualArm) -> list[dict[str, Any]]:
    return [command(arm, item, 0) for item in free_items(arm)[:1]]


def beside(arm: VirtualArm) -> list[dict[str, Any]]:
    return [command(arm, item, 0, aside_px=40.0) for item in free_items(arm)[:1]]


def clear(
    arm: VirtualArm, planner: Planner, positions: list[list[float]] | None = None, **options: Any
) -> Clearing:
    ticks = itertools.count()

    def run_pass(positions_pw: Sequence[float]) -> SessionReport:
        if positions is not None:
            positions.append(list(positions_pw))
        before = arm.scene
        commands = planner(arm)
        plan = {"commands": commands, "items": [], "set_aside": [], "travel_pw": 700.0}
        deeds = tuple(arm.carry_out(plan))
        pictures = dict.fromkeys(positions_pw, b"")
        placements = tuple(arm.load_placements())
        return SessionReport("s", plan, pictures, {}, before, arm.scene, deeds, placements)

    return clear_table(arm, run_pass, lambda: float(next(ticks)), **options)


def test_a_table_is_sorted_until_a_plan_commands_nothing():
    clearing = clear(make_arm(3), one_at_a_time)
    assert len(clearing.passes) == 4
    assert (clearing.first_score.items_right, clearing.first_score.picks) == (1, 1)
    assert (clearing.score.items_right, clearing.score.picks, clearing.score.items) == (3, 3, 3)
    assert clearing.left == ()
    assert clearing.wall_s == 1.0


def test_two_passes_that_move_nothing_are_the_last():
    clearing = clear(make_arm(2), beside)
    assert len(clearing.passes) == 2
    assert clearing.left[0].why == "missed 2 times"


def test_there_is_an_end_to_passes():
    clearing = clear(make_arm(MAX_PASSES + 2), one_at_a_time)
    assert len(clearing.passes) == MAX_PASSES
    assert clearing.score.items_right == MAX_PASSES
    assert [one.why for one in clearing.left] == ["not found"] * 2


def test_every_other_pass_looks_from_half_a_step_aside():
    positions: list[list[float]] = []
    clear(make_arm(2), one_at_a_time, positions)
    assert positions[0] == positions[2] == list(POSITIONS_PW)
    assert positions[1] == [position_pw - 100.0 for position_pw in POSITIONS_PW]


def test_once_is_one_pass():
    assert len(clear(make_arm(3), one_at_a_time, max_passes=1).passes) == 1


def test_the_arms_time_is_that_of_its_servos_and_its_pictures():
    (report,) = clear(make_arm(1), one_at_a_time, max_passes=1, positions_pw=(1850.0,)).passes
    assert arm_seconds(report) == pytest.approx(2 * 350 / 700 + PHOTOGRAPH_S + 700 / 700)
