from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sorter.calibration import calibrate
from sorter.flags import STALE_AFTER, find_flags
from sorter.types import Arm, ArmGeometry, Flag
from tests.unit.sorter.seen_by import photographs_by
from tests.unit.sorter.tables import POSITIONS_PW, Thing, make_container, scattered

MADE_AT = datetime(2026, 7, 1, 8, tzinfo=UTC)
TABLE = [*scattered(14, seed=3), make_container(-600, 1500), make_container(500, 1600)]
HEALTHY = ArmGeometry()


def flags_of(photographs, arm=None, at=None, n_missing=0):
    return find_flags(arm or Arm("a1"), photographs, at=at, n_missing=n_missing)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("servo_pw", [0, 4])
def test_a_healthy_session_has_no_flag(seed, servo_pw):
    table = [*scattered(14, seed), make_container(-600, 1500), make_container(500, 1600)]
    seen = photographs_by(HEALTHY, table, POSITIONS_PW, servo_pw=servo_pw, noise_px=3, seed=seed)
    assert flags_of(seen) == ()


@pytest.mark.parametrize(
    ("true", "believed"),
    [
        (HEALTHY, replace(HEALTHY, radius_px=1545)),
        (HEALTHY, replace(HEALTHY, radius_px=1455)),
        (replace(HEALTHY, roll_deg=3), HEALTHY),
        (replace(HEALTHY, roll_deg=-3), HEALTHY),
        (replace(HEALTHY, distortion=-0.1), HEALTHY),
        (replace(HEALTHY, distortion=0.1), HEALTHY),
    ],
)
def test_an_arm_that_is_not_as_it_says_is_flagged(true, believed):
    seen = photographs_by(true, TABLE, POSITIONS_PW, noise_px=2)
    assert flags_of(seen, Arm("a1", believed)) == (Flag.CALIBRATION_BAD,)


def test_once_calibrated_an_arm_is_no_longer_flagged():
    true = ArmGeometry(radius_px=1545, roll_deg=3, distortion=-0.08)
    seen = photographs_by(true, TABLE, POSITIONS_PW, noise_px=2)
    found = calibrate(HEALTHY, seen, calibration_id="c1", made_at=MADE_AT)
    assert flags_of(seen) == (Flag.CALIBRATION_BAD,)
    assert flags_of(seen, found.applied_to(Arm("a1"))) == ()


def test_an_arm_that_promises_more_than_it_keeps_is_flagged():
    seen = photographs_by(HEALTHY, TABLE, POSITIONS_PW, servo_pw=6, noise_px=3)
    assert flags_of(seen, Arm("a1", repeatability_px=5)) == (Flag.CALIBRATION_BAD,)
    assert flags_of(seen, Arm("a1", repeatability_px=60)) == ()


def test_where_little_is_seen_twice_nothing_speaks_against_the_arm():
    seen = photographs_by(replace(HEALTHY, roll_deg=3), TABLE[:2], POSITIONS_PW)
    assert flags_of(seen) == ()
    assert flags_of([]) == ()


def test_a_calibration_grows_stale_after_a_month_and_one_of_no_date_never():
    arm = Arm("a1", calibrated_at=MADE_AT)
    month_later = MADE_AT + STALE_AFTER
    assert flags_of([], arm, at=month_later) == ()
    assert flags_of([], arm, at=month_later + timedelta(seconds=1)) == (Flag.CALIBRATION_STALE,)
    assert flags_of([], arm) == ()
    assert flags_of([], at=month_later) == ()


def test_pictures_that_never_came_are_told():
    assert flags_of([], n_missing=1) == (Flag.IMAGES_MISSING,)


def test_flags_come_in_their_own_order():
    arm = Arm("a1", calibrated_at=MADE_AT)
    seen = photographs_by(replace(HEALTHY, roll_deg=3), TABLE, POSITIONS_PW)
    assert flags_of(seen, arm, at=MADE_AT + timedelta(days=400), n_missing=2) == (
        Flag.CALIBRATION_STALE,
        Flag.CALIBRATION_BAD,
        Flag.IMAGES_MISSING,
    )


def test_a_bumped_item_is_told_where_the_arm_is_not_to_blame():
    before, after = Thing(0, 1450, 90, 80), Thing(70, 1560, 90, 80)
    seen = [
        photo
        for position_pw in POSITIONS_PW
        for photo in photographs_by(
            HEALTHY, [*TABLE, after if position_pw < 1500 else before], [position_pw]
        )
    ]
    assert flags_of(seen) == (Flag.SCENE_CHANGED,)


def test_the_order_of_the_photographs_changes_no_flag():
    seen = photographs_by(replace(HEALTHY, roll_deg=0.8), TABLE, POSITIONS_PW, noise_px=3)
    assert flags_of(seen) == flags_of(seen[::-1])
