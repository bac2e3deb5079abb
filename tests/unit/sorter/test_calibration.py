from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from sorter.calibration import (
    LEAST_REPEATABILITY_PX,
    Calibration,
    ViewResidual,
    calibrate,
    overlap_of,
)
from sorter.errors import InvalidInputError
from sorter.types import Arm, ArmGeometry
from tests.unit.sorter.seen_by import photographs_by
from tests.unit.sorter.tables import POSITIONS_PW, Thing, make_container, scattered

MADE_AT = datetime(2026, 7, 1, 8, tzinfo=UTC)
STATED = ArmGeometry()
TABLE = [*scattered(14, seed=3), make_container(-600, 1500), make_container(500, 1600)]


def calibrated(photographs, geometry=STATED):
    return calibrate(geometry, photographs, calibration_id="c-1", made_at=MADE_AT)


@pytest.mark.parametrize(
    ("true", "servo_pw"),
    [
        (ArmGeometry(radius_px=1545), 0.0),
        (ArmGeometry(roll_deg=-3), 0.0),
        (ArmGeometry(distortion=-0.1), 0.0),
        (ArmGeometry(radius_px=1460, roll_deg=2, distortion=0.05), 4.0),
    ],
)
def test_what_the_camera_truly_is_is_found(true, servo_pw):
    seen = photographs_by(true, TABLE, POSITIONS_PW, servo_pw=servo_pw, noise_px=2, seed=1)
    found = calibrated(seen)
    assert found.geometry.radius_px == pytest.approx(true.radius_px, rel=0.015)
    assert found.geometry.roll_deg == pytest.approx(true.roll_deg, abs=0.3)
    assert found.geometry.distortion == pytest.approx(true.distortion, abs=0.02)
    assert found.residual_px < found.residual_before_px


def test_estimates_lie_within_a_few_of_their_standard_errors():
    true = ArmGeometry(radius_px=1470, roll_deg=1, distortion=-0.04)
    for seed in range(2):
        seen = photographs_by(true, TABLE, POSITIONS_PW, servo_pw=2, noise_px=3, seed=seed)
        found = calibrated(seen)
        off = [
            (found.geometry.radius_px - true.radius_px) / found.radius_error_px,
            (found.geometry.roll_deg - true.roll_deg) / found.roll_error_deg,
            (found.geometry.distortion - true.distortion) / found.distortion_error,
        ]
        assert np.abs(off).max() < 4


def test_what_is_not_estimated_stays_as_it_was_stated():
    stated = replace(STATED, rotation_range_deg=128.0, dist_max_pw=1990.0)
    found = calibrated(photographs_by(stated, TABLE, POSITIONS_PW, noise_px=1), stated).geometry
    assert (found.rotation_range_deg, found.dist_max_pw) == (128.0, 1990.0)


def test_the_same_photographs_in_another_order_give_the_same_calibration():
    seen = photographs_by(ArmGeometry(roll_deg=2), TABLE, POSITIONS_PW, noise_px=2)
    assert calibrated(seen) == calibrated(seen[::-1])


def test_each_view_states_its_own_residuals():
    seen = photographs_by(ArmGeometry(roll_deg=3), TABLE, POSITIONS_PW, noise_px=1)
    found = calibrated(seen)
    assert [view.position_pw for view in found.views] == sorted(POSITIONS_PW)
    assert sum(view.n for view in found.views) == found.n_matches + found.n_things
    assert all(view.after_px < view.before_px for view in found.views)


def test_a_picture_in_which_nothing_is_seen_again_has_no_residual():
    seen = photographs_by(STATED, TABLE, [*POSITIONS_PW, 3000.0], noise_px=1)
    assert calibrated(seen).views[-1] == ViewResidual(3000.0, 0, 0.0, 0.0)


def test_the_overlap_is_what_the_calibration_counted():
    seen = photographs_by(ArmGeometry(radius_px=1530), TABLE, POSITIONS_PW, noise_px=2)
    found = calibrated(seen)
    overlap = overlap_of(seen, found)
    assert (overlap.n_things, overlap.n_matches) == (found.n_things, found.n_matches)


def test_pictures_from_one_position_are_refused():
    seen = photographs_by(STATED, TABLE, [1500.0])
    twice = [*seen, replace(seen[0], image_id="again")]
    with pytest.raises(InvalidInputError, match="two positions"):
        calibrated(twice)


def test_an_empty_table_is_refused_with_what_would_help():
    with pytest.raises(InvalidInputError, match="lay more things"):
        calibrated(photographs_by(STATED, [], POSITIONS_PW))


def test_things_in_one_corner_seen_twice_do_not_tell_the_camera():
    patch = [Thing(x, 1480 + y, 30, 30) for x in (-160, -90, -20) for y in (-70, 0, 70)]
    seen = photographs_by(STATED, patch, [1480.0, 1520.0], noise_px=3)
    with pytest.raises(InvalidInputError, match="do not tell"):
        calibrated(seen)


def make_calibration(**parameters):
    defaults = {
        "calibration_id": "c-1",
        "made_at": MADE_AT,
        "geometry": ArmGeometry(radius_px=1470),
        "residual_px": 4.0,
        "residual_before_px": 20.0,
        "n_matches": 20,
        "n_things": 10,
        "radius_error_px": 5.0,
        "roll_error_deg": 0.1,
        "distortion_error": 0.01,
        "views": (),
    }
    return Calibration(**(defaults | parameters))


def test_an_arm_takes_over_what_was_found_and_keeps_the_rest():
    arm = make_calibration().applied_to(Arm("arm-1", leaves_unsure=True))
    assert (arm.geometry.radius_px, arm.calibration_id) == (1470, "c-1")
    assert (arm.calibrated_at, arm.calibration_residual_px) == (MADE_AT, 4.0)
    assert arm.repeatability_px == pytest.approx(14.8)
    assert arm.leaves_unsure


def test_no_arm_is_believed_to_repeat_perfectly():
    assert make_calibration(residual_px=0.0).repeatability_px == LEAST_REPEATABILITY_PX


def test_a_calibration_of_no_time_zone_is_refused():
    with pytest.raises(InvalidInputError, match="UTC"):
        make_calibration(made_at=datetime(2026, 7, 1))
