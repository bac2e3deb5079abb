from __future__ import annotations

from dataclasses import replace

import pytest

from api.robot_door.constants import arm_from_constants
from api.robot_door.messages import ArmConstants
from sorter.errors import InvalidInputError
from sorter.types import Arm, ArmGeometry, ArmLimits

USUAL = ArmConstants(
    arm_id="A",
    arm_radius=1500,
    rotation_range_as_deg=130,
    rotation_range_as_pw=1400,
    dist_min_as_pw=1100,
    dist_max_as_pw=2000,
)
NEARER = USUAL.model_copy(update={"arm_radius": 1200, "dist_min_as_pw": 1000})


def test_the_usual_constants_are_the_usual_arm() -> None:
    assert arm_from_constants(USUAL, None) == Arm("A") == arm_from_constants(USUAL, Arm("A"))


def test_constants_change_what_they_tell_of_and_nothing_else() -> None:
    known = Arm("A", ArmGeometry(roll_deg=2.0), repeatability_px=9.0, leaves_unsure=True)
    arm = arm_from_constants(NEARER, known)
    assert arm.geometry == replace(known.geometry, radius_px=1200, dist_min_pw=1000)
    assert (arm.repeatability_px, arm.leaves_unsure) == (9.0, True)


def test_servo_1_may_go_as_far_as_the_constants_reach_as_they_change() -> None:
    first = arm_from_constants(NEARER, None)
    assert first.limits == ArmLimits(servo1_min_pw=1000)
    assert arm_from_constants(USUAL, first).limits == ArmLimits()


def test_limits_that_somebody_set_stay() -> None:
    known = Arm("A", limits=ArmLimits(900, 2000, 1200, 1900))
    assert arm_from_constants(NEARER, known).limits == known.limits


def test_a_calibrated_arm_stays_as_it_was_measured() -> None:
    known = Arm("A", ArmGeometry(radius_px=1488.0), calibration_id="c-1")
    assert arm_from_constants(NEARER, known) is known


def test_constants_that_are_no_arm_are_refused() -> None:
    wrong = USUAL.model_copy(update={"dist_min_as_pw": 2000})
    with pytest.raises(InvalidInputError, match="dist_min"):
        arm_from_constants(wrong, None)
