from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robot.arm import POSITIONS_PW, VirtualArm
from robot.camera import encode_jpeg
from robot.disturbances import Disturbances
from robot.table import Scene
from robot.table_layout import CAMERA
from sorter.geometry import servo_from_table
from tests.unit.robot.scenes import make_small_scene

SCENE = make_small_scene(seed=4)
JPEG = encode_jpeg(np.zeros((8, 8, 3), np.uint8))


class JpegArm(VirtualArm):
    """Photographs the same small picture always."""

    def photograph(self, position_pw: float) -> bytes:
        return JPEG


def make_arm(disturbances: Disturbances, seed: int = 1, scene: Scene = SCENE) -> VirtualArm:
    rngs = np.random.default_rng(0), np.random.default_rng(seed)
    return JpegArm("ARM001", scene, rngs[0], disturbances, rngs[1])


@given(st.integers(0, 5), st.integers(0, 5), st.integers(0, 2**32))
@settings(max_examples=25, deadline=None)
def test_so_many_pictures_go_missing_or_arrive_broken(missing, unreadable, seed):
    arm = make_arm(Disturbances(missing=missing, unreadable=unreadable), seed)
    pictures = dict(arm.photographs(POSITIONS_PW))
    assert len(pictures) == 5 - missing
    assert set(pictures) <= set(POSITIONS_PW)
    n_broken = sum(picture != JPEG for picture in pictures.values())
    assert n_broken == min(unreadable, 5 - missing)


def test_items_are_bumped_between_two_pictures_of_the_first_session_only():
    arm = make_arm(Disturbances(bumped=2))
    scenes = [arm.scene for _ in arm.photographs(POSITIONS_PW)]
    assert scenes[0] == SCENE != scenes[-1]
    assert [arm.scene for _ in arm.photographs(POSITIONS_PW)] == [scenes[-1]] * 5


def test_what_the_arm_registers_tells_nothing_of_its_disturbances():
    arm = make_arm(Disturbances(roll=3.0, distortion=-0.1, servo=4.0))
    plain = make_arm(Disturbances())
    assert arm.arm == plain.arm
    assert arm.truth != plain.truth


def test_a_calibration_takes_the_place_of_what_the_arm_believed_and_changes_no_truth():
    arm = make_arm(Disturbances(radius=0.03))
    truth = arm.truth
    assert arm.arm.geometry != truth
    arm.arm = replace(arm.arm, geometry=truth)
    assert arm.arm.geometry == arm.truth == truth


@pytest.mark.parametrize(("servo", "is_hit"), [(0.0, True), (60.0, False)])
def test_a_hand_that_trembles_much_misses(servo, is_hit):
    free = next(n for n, item in enumerate(SCENE.items) if item.contained_in is None)
    pick, drop = (
        dict(zip(("servo0_pw", "servo1_pw"), pair, strict=True))
        for pair in servo_from_table(
            [SCENE.items[free].centre_xy_px, SCENE.containers[0].centre_xy_px],
            CAMERA,
            make_arm(Disturbances()).truth,
        ).tolist()
    )
    plan = {"commands": [{"order": 0, "pick": pick, "drop": drop}]}
    hits = [
        next(make_arm(Disturbances(servo=servo), seed).carry_out(plan)).item == free
        for seed in range(20)
    ]
    assert (sum(hits) > 15) == is_hit


def test_an_arm_disturbed_alike_twice_does_the_same_twice():
    disturbances = Disturbances(radius=0.02, servo=5.0, missing=1, bumped=1)
    arms = [make_arm(disturbances), make_arm(disturbances)]
    assert list(arms[0].photographs(POSITIONS_PW)) == list(arms[1].photographs(POSITIONS_PW))
    assert arms[0].scene == arms[1].scene
