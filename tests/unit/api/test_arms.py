from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sorter.types import Arm
from tests.unit.api.gateway import ARM_ID, FakeGateway, problem_of

DEFAULTS = {
    "geometry": {
        "radius_px": 1500.0,
        "rotation_range_deg": 130.0,
        "rotation_range_pw": 1400.0,
        "dist_min_pw": 1100.0,
        "dist_max_pw": 2000.0,
        "roll_deg": 0.0,
        "distortion": 0.0,
    },
    "limits": {
        "servo0_min_pw": 800.0,
        "servo0_max_pw": 2200.0,
        "servo1_min_pw": 1100.0,
        "servo1_max_pw": 2000.0,
    },
    "repeatability_px": None,
    "calibration_id": None,
    "calibrated_at": None,
    "calibration_residual_px": None,
    "leave_unsure": False,
}


def test_what_is_left_out_takes_the_arms_own_defaults(gateway: FakeGateway) -> None:
    response = gateway.put(f"/arms/{ARM_ID}", json={})
    assert response.status_code == 200
    assert response.get_json() == {"arm_id": ARM_ID, **DEFAULTS}
    assert gateway.store.load_arm(ARM_ID) == Arm(ARM_ID)


def test_an_arm_that_was_not_registered_is_new(gateway: FakeGateway) -> None:
    save_arm = gateway.store.save_arm
    gateway.store.save_arm = lambda arm: not save_arm(arm)  # type: ignore[method-assign]
    assert gateway.put(f"/arms/{ARM_ID}", json={}).status_code == 201


def test_a_change_is_kept_as_it_was_sent(gateway: FakeGateway) -> None:
    body = {
        "geometry": {**DEFAULTS["geometry"], "radius_px": 1400.5, "roll_deg": -1.5},
        "limits": {**DEFAULTS["limits"], "servo0_min_pw": 700.0},
        "repeatability_px": 12.5,
        "calibration_id": "2026-07-01 bench",
        "calibrated_at": "2026-07-01T08:00:00Z",
        "calibration_residual_px": 3.5,
        "leave_unsure": True,
    }
    assert gateway.put(f"/arms/{ARM_ID}", json=body).get_json() == {"arm_id": ARM_ID, **body}
    arm = gateway.store.load_arm(ARM_ID)
    assert (arm.geometry.radius_px, arm.repeatability_px) == (1400.5, 12.5)
    assert arm.calibrated_at == datetime(2026, 7, 1, 8, tzinfo=UTC)
    assert arm.leaves_unsure


@pytest.mark.parametrize(
    "body",
    [
        {"geometry": {"radius_px": 0}},
        {"geometry": {"radius_px": "wide"}},
        {"geometry": {"dist_min_pw": 2000, "dist_max_pw": 1100}},
        {"limits": {"servo0_min_pw": 2200, "servo0_max_pw": 800}},
        {"limits": {"servo1_max_pw": 10**400}},
        {"repeatability_px": -1},
        {"calibration_id": "a\x00b"},
        {"colour": "red"},
        {"geometry": {"roll_deg": 46}},
        {"geometry": {"distortion": -0.2}},
        {"calibration_residual_px": -1},
        {"calibrated_at": "2026-07-01T08:00:00"},
        {"calibrated_at": "soon"},
        {"calibrated_at": 1782892800},
        {"leave_unsure": "yes"},
    ],
)
def test_an_arm_that_cannot_be_is_not_registered(
    gateway: FakeGateway, body: dict[str, Any]
) -> None:
    problem_of(gateway.put(f"/arms/{ARM_ID}", json=body), 422, "invalid-input")
    assert gateway.store.load_arm(ARM_ID) == Arm(ARM_ID)


def test_a_key_changes_no_other_arm(gateway: FakeGateway) -> None:
    gateway.make_key_headers("arm-2")
    for arm_id in ("arm-2", "nobody"):
        problem_of(gateway.put(f"/arms/{arm_id}", json={}), 403, "forbidden")


def test_a_name_that_is_no_arms_is_refused(gateway: FakeGateway) -> None:
    problem_of(gateway.put("/arms/a.b", json={}), 422, "invalid-input")
