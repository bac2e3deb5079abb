"""An arm from the constants that the original's robot tells of itself."""

from __future__ import annotations

from dataclasses import replace

from api.robot_door.messages import ArmConstants
from sorter.types import Arm, ArmLimits


def arm_from_constants(constants: ArmConstants, known: Arm | None) -> Arm:
    """Return the arm that a robot tells of, with what else is known of it.

    A calibrated arm stays as it is: it was measured, and the robot goes on telling what stands
    in its file. Servo 1 may be sent as far as the constants reach, unless somebody set limits.

    Raises:
        InvalidInputError: ``dist_min_as_pw`` does not lie below ``dist_max_as_pw``.
    """
    if known is not None and known.calibration_id is not None:
        return known
    arm = known or Arm(constants.arm_id)
    reach = {"servo1_min_pw": constants.dist_min_as_pw, "servo1_max_pw": constants.dist_max_as_pw}
    geometry = replace(
        arm.geometry,
        radius_px=constants.arm_radius,
        rotation_range_deg=constants.rotation_range_as_deg,
        rotation_range_pw=constants.rotation_range_as_pw,
        dist_min_pw=constants.dist_min_as_pw,
        dist_max_pw=constants.dist_max_as_pw,
    )
    limits = replace(arm.limits, **reach) if _is_unset(arm) else arm.limits
    return replace(arm, geometry=geometry, limits=limits)


def _is_unset(arm: Arm) -> bool:
    """Whether servo 1's limits are those that an arm has of itself, or of earlier constants."""
    reach = (arm.limits.servo1_min_pw, arm.limits.servo1_max_pw)
    told = (arm.geometry.dist_min_pw, arm.geometry.dist_max_pw)
    usual = ArmLimits()
    return reach in (told, (usual.servo1_min_pw, usual.servo1_max_pw))
