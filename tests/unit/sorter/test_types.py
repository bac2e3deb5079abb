from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from sorter.errors import InvalidBoxError, InvalidInputError
from sorter.types import Arm, ArmGeometry, ArmLimits, Detections, ImageSize


def detections(box=(0, 0, 1, 1), label=0, score=0.5):
    return Detections(np.array([box], np.float32), np.array([label]), np.array([score], np.float32))


def test_detections_know_how_many_they_are():
    assert len(detections()) == 1
    assert len(Detections.empty()) == 0


@pytest.mark.parametrize(
    "box", [(1, 0, 1, 1), (2, 0, 1, 1), (0, 1, 1, 1), (0, np.nan, 1, 1), (0, 0, np.inf, 1)]
)
def test_a_box_that_is_empty_inverted_or_not_finite_is_refused(box):
    with pytest.raises(InvalidBoxError):
        detections(box=box)


@pytest.mark.parametrize(
    "wrong", [{"label": 2}, {"label": -1}, {"score": 1.01}, {"score": -0.1}, {"score": np.nan}]
)
def test_labels_and_scores_beyond_their_range_are_refused(wrong):
    with pytest.raises(InvalidInputError):
        detections(**wrong)


def test_columns_of_different_length_are_refused():
    with pytest.raises(InvalidInputError, match="detections need"):
        Detections(np.zeros((2, 4), np.float32), np.zeros(1, np.int64), np.zeros(1, np.float32))


@pytest.mark.parametrize(
    "make",
    [
        lambda: ImageSize(0, 1),
        lambda: ImageSize(1, 0),
        lambda: ArmGeometry(radius_px=0),
        lambda: ArmGeometry(rotation_range_deg=np.inf),
        lambda: ArmGeometry(rotation_range_pw=-1),
        lambda: ArmGeometry(dist_min_pw=2000, dist_max_pw=2000),
        lambda: ArmLimits(servo0_min_pw=2200),
        lambda: ArmLimits(servo1_max_pw=1100),
        lambda: Arm("a1", repeatability_px=-1),
        lambda: Arm("a1", repeatability_px=np.nan),
        lambda: Arm("a1", calibration_residual_px=-1),
        lambda: Arm("a1", calibrated_at=datetime(2026, 7, 1)),
    ],
)
def test_an_arm_or_a_picture_that_cannot_be_is_refused(make):
    with pytest.raises(InvalidInputError):
        make()


def test_an_arm_may_repeat_perfectly_or_be_uncalibrated():
    assert Arm("a1", repeatability_px=0).repeatability_px == 0
    assert Arm("a1").repeatability_px is None
    moment = datetime(2026, 7, 1, tzinfo=UTC)
    assert Arm("a1", calibrated_at=moment, calibration_residual_px=0).calibrated_at == moment
