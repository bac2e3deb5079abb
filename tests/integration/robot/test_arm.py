from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robot.arm import DROP_SCATTER_PX, VirtualArm
from robot.disturbances import Disturbances
from robot.gripper import GRIP_REACH_PX
from robot.kinds import KINDS
from robot.table import Scene
from robot.table_layout import CAMERA, make_scene
from sorter.geometry import servo_from_table
from sorter.types import ArmGeometry


def make_table(seed: int = 1, n_items: int = 4, n_contained: int = 1) -> Scene:
    kinds = sorted(KINDS)[:2]
    return make_scene(
        np.random.default_rng(seed),
        n_items=n_items,
        kinds=kinds,
        n_containers=2,
        n_contained=n_contained,
    )


SCENE = make_table()
FREE = next(i for i, item in enumerate(SCENE.items) if item.contained_in is None)
CONTAINED = next(i for i, item in enumerate(SCENE.items) if item.contained_in is not None)


def make_arm(scene: Scene = SCENE, seed: int = 0) -> VirtualArm:
    return VirtualArm("ARM001", scene, np.random.default_rng(seed))


def servo(xy_px: tuple[float, float]) -> dict[str, float]:
    servo0_pw, servo1_pw = servo_from_table([xy_px], CAMERA, ArmGeometry())[0].tolist()
    return {"servo0_pw": servo0_pw, "servo1_pw": servo1_pw}


def command(
    pick_xy_px: tuple[float, float], drop_xy_px: tuple[float, float], order: int = 0
) -> dict[str, Any]:
    return {"order": order, "pick": servo(pick_xy_px), "drop": servo(drop_xy_px)}


def aside(xy_px: tuple[float, float], distance_px: float, angle: float) -> tuple[float, float]:
    return xy_px[0] + distance_px * np.cos(angle), xy_px[1] + distance_px * np.sin(angle)


@given(st.floats(0, GRIP_REACH_PX - 0.5), st.floats(0, 6.28))
@settings(max_examples=30, deadline=None)
def test_a_pick_within_reach_of_a_centre_moves_that_item(distance_px, angle):
    arm = make_arm()
    pick = aside(SCENE.items[FREE].centre_xy_px, distance_px, angle)
    (deed,) = arm.carry_out({"commands": [command(pick, SCENE.containers[0].centre_xy_px)]})
    assert (deed.item, deed.was_inside) == (FREE, False)
    assert arm.scene.items[FREE].centre_xy_px != SCENE.items[FREE].centre_xy_px


@given(st.floats(GRIP_REACH_PX + 0.5, 34.0), st.floats(0, 6.28))
@settings(max_examples=30, deadline=None)
def test_a_pick_beyond_reach_of_every_centre_takes_nothing(distance_px, angle):
    scene = make_table(n_items=1, n_contained=0)
    arm = make_arm(scene)
    pick = aside(scene.items[0].centre_xy_px, distance_px, angle)
    (deed,) = arm.carry_out({"commands": [command(pick, scene.containers[0].centre_xy_px)]})
    assert deed.item is None
    assert deed.outcome["result"] == "missed"
    assert arm.scene == scene


@given(st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_what_is_dropped_into_the_middle_of_a_container_lies_in_it(seed):
    arm = make_arm(seed=seed)
    target = SCENE.containers[1].centre_xy_px
    (deed,) = arm.carry_out({"commands": [command(SCENE.items[FREE].centre_xy_px, target)]})
    rest = arm.scene.items[FREE]
    assert deed.landed_in == rest.contained_in == 1
    assert np.hypot(*np.subtract(rest.centre_xy_px, target)) < 7 * DROP_SCATTER_PX
    assert deed.outcome == {"command": 0, "result": "picked", "note": None}


def test_what_is_dropped_beside_every_container_lies_on_the_table_and_is_told():
    arm = make_arm()
    start = SCENE.items[FREE].centre_xy_px
    (deed,) = arm.carry_out({"commands": [command(start, start)]})
    assert arm.scene.items[FREE].contained_in is None
    assert deed.outcome["result"] == "dropped"
    assert "beside" in deed.outcome["note"]


def test_an_item_taken_out_of_a_container_is_told_apart():
    arm = make_arm()
    pick = SCENE.items[CONTAINED].centre_xy_px
    (deed,) = arm.carry_out({"commands": [command(pick, SCENE.containers[0].centre_xy_px)]})
    assert (deed.grip.has_item, deed.grip.was_inside) == (True, True)


def test_an_item_that_was_put_into_a_container_is_inside_it_when_picked_again():
    arm = make_arm(make_table(n_items=1, n_contained=0))
    target = arm.scene.containers[0].centre_xy_px
    first = command(arm.scene.items[0].centre_xy_px, target, order=0)
    again = command(target, target, order=1)
    deeds = list(arm.carry_out({"commands": [again, first]}))
    assert [deed.was_inside for deed in deeds] == [False, True]
    assert [deed.order for deed in deeds] == [0, 1]


@pytest.mark.parametrize("servo0_pw", [100.0, 5000.0])
def test_a_place_beyond_the_arms_limits_is_not_gone_to(servo0_pw):
    arm = make_arm()
    good = command(SCENE.items[FREE].centre_xy_px, SCENE.containers[0].centre_xy_px)
    bad = good | {"drop": {"servo0_pw": servo0_pw, "servo1_pw": 1500.0}}
    (deed,) = arm.carry_out({"commands": [bad]})
    assert deed.outcome == {"command": 0, "result": "missed", "note": "beyond the arm's limits"}
    assert arm.scene == SCENE


def test_on_an_empty_table_there_is_nothing_to_take():
    arm = make_arm(make_table(n_items=0, n_contained=0))
    centre = arm.scene.containers[0].centre_xy_px
    (deed,) = arm.carry_out({"commands": [command(centre, centre)]})
    assert deed.item is None


@given(st.floats(0, 12), st.floats(0, 6.28))
@settings(max_examples=20, deadline=None)
def test_two_picks_at_one_place_take_first_the_upper_then_the_lower_of_two(distance_px, angle):
    lower = make_table(n_items=1, n_contained=0).items[0]
    place = aside(lower.centre_xy_px, distance_px, angle)
    scene = replace(SCENE, items=(lower, replace(lower, centre_xy_px=place)))
    drops = [container.centre_xy_px for container in SCENE.containers]
    commands = [command(lower.centre_xy_px, drop, order) for order, drop in enumerate(drops)]
    deeds = list(make_arm(scene).carry_out({"commands": commands}))
    assert [deed.item for deed in deeds] == [1, 0]
    assert [deed.landed_in for deed in deeds] == [0, 1]


def test_what_is_dropped_on_another_thing_is_taken_first():
    scene = make_table(n_items=2, n_contained=0)
    target, spare = (container.centre_xy_px for container in scene.containers)
    arm = make_arm(scene)
    places = [item.centre_xy_px for item in scene.items]
    list(arm.carry_out({"commands": [command(places[1], target), command(places[0], target, 1)]}))
    meeting = replace(arm.scene.items[0], centre_xy_px=arm.scene.items[1].centre_xy_px)
    arm.scene = replace(arm.scene, items=(meeting, arm.scene.items[1]))
    pick = command(meeting.centre_xy_px, spare)
    assert [deed.item for deed in arm.carry_out({"commands": [pick, pick]})] == [0, 1]


def test_placements_remember_what_lay_in_a_container_from_the_start():
    arm = make_arm()
    commands = [command(SCENE.items[FREE].centre_xy_px, SCENE.containers[0].centre_xy_px)]
    list(arm.carry_out({"commands": commands}))
    placements = arm.load_placements()
    assert placements[FREE].was_free
    assert placements[FREE].container == 0
    assert not placements[CONTAINED].was_free
    assert placements[CONTAINED].container == SCENE.items[CONTAINED].contained_in


def test_the_same_seed_does_the_same_deeds():
    commands = [command(SCENE.items[FREE].centre_xy_px, SCENE.containers[0].centre_xy_px)]
    arms = [make_arm(seed=3), make_arm(seed=3)]
    for arm in arms:
        list(arm.carry_out({"commands": commands}))
    assert arms[0].scene == arms[1].scene


def test_a_photograph_is_a_jpeg_of_the_cameras_size_and_shows_what_changed():
    arm = make_arm()
    before = arm.photograph(1500.0)
    assert arm.photograph(1500.0) == before
    picture = cv2.imdecode(np.frombuffer(before, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (CAMERA.height_px, CAMERA.width_px, 3)
    commands = [command(SCENE.items[FREE].centre_xy_px, SCENE.containers[0].centre_xy_px)]
    list(arm.carry_out({"commands": commands}))
    assert arm.photograph(1500.0) != before


def brightness(jpeg: bytes) -> float:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return float(picture.mean())


def test_lamps_go_off_with_the_picture_that_was_told_and_stay_off():
    rng = np.random.default_rng(0)
    arm = VirtualArm("ARM001", SCENE, rng, Disturbances(light=0.4, lamp=2))
    lit = make_arm()
    shares = [
        brightness(arm.photograph(at)) / brightness(lit.photograph(at)) for at in (1600, 1400, 1200)
    ]
    assert shares == pytest.approx([1.0, 0.4, 0.4], abs=0.06)
