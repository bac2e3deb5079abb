"""Values as documents and columns, and back."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sorter.errors import InvalidInputError
from sorter.types import Arm, ArmGeometry, ArmLimits
from storage.documents import (
    arm_document,
    arm_from_document,
    detections_columns,
    detections_from_columns,
)
from tests.factories import make_detections

POSITIVE = st.floats(1e-300, 1e300)
# Not the names of zones: an hour that comes twice in one equals no moment of another.
OFFSETS = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(POSITIVE, POSITIVE, st.none() | POSITIVE, st.none() | st.text())
@settings(max_examples=50)
def test_an_arm_survives_its_document_and_the_documents_text(
    radius_px: float, range_pw: float, repeatability_px: float | None, calibration_id: str | None
) -> None:
    geometry = ArmGeometry(radius_px=radius_px, rotation_range_pw=range_pw)
    arm = Arm("arm-1", geometry, ArmLimits(), repeatability_px, calibration_id)
    text = json.dumps(arm_document(arm), allow_nan=False)
    assert arm_from_document(json.loads(text)) == arm


@pytest.mark.parametrize(
    "endless",
    [
        {"limits": ArmLimits(servo1_min_pw=-math.inf)},
        {"geometry": ArmGeometry(dist_max_pw=math.inf)},
        {"repeatability_px": math.inf},
        {"calibration_residual_px": math.inf},
    ],
)
def test_an_arm_with_an_endless_number_has_no_document(endless: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError):
        arm_document(replace(Arm("arm-1"), **endless))  # type: ignore[arg-type]


def test_an_arm_that_was_kept_before_there_were_calibrations_still_loads() -> None:
    old = {
        "arm_id": "arm-1",
        "geometry": {
            "radius_px": 1490.0,
            "rotation_range_deg": 130.0,
            "rotation_range_pw": 1400.0,
            "dist_min_pw": 1100.0,
            "dist_max_pw": 2000.0,
        },
        "limits": {
            "servo0_min_pw": 800.0,
            "servo0_max_pw": 2200.0,
            "servo1_min_pw": 1100.0,
            "servo1_max_pw": 2000.0,
        },
        "repeatability_px": None,
        "calibration_id": None,
    }
    assert arm_from_document(old) == Arm("arm-1", ArmGeometry(radius_px=1490.0))


@given(st.datetimes(timezones=OFFSETS), st.floats(0, 1e300), st.booleans())
@settings(max_examples=50)
def test_a_calibration_survives_its_arms_document(
    calibrated_at: datetime, residual_px: float, leaves_unsure: bool
) -> None:
    arm = Arm(
        "arm-1",
        ArmGeometry(roll_deg=-1.5, distortion=0.02),
        calibrated_at=calibrated_at,
        calibration_residual_px=residual_px,
        leaves_unsure=leaves_unsure,
    )
    assert arm_from_document(json.loads(json.dumps(arm_document(arm)))) == arm


@pytest.mark.parametrize("n", [0, 1, 7])
def test_detections_survive_their_columns(n: int) -> None:
    detections = make_detections(n)
    columns = detections_columns(detections)
    assert [len(column) for column in columns.values()] == [4 * n, n, n]
    back = detections_from_columns(**columns)
    for name in ("xyxy_px", "labels", "scores"):
        assert getattr(back, name).dtype == getattr(detections, name).dtype
        np.testing.assert_array_equal(getattr(back, name), getattr(detections, name))
