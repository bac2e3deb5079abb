"""Values of :mod:`sorter.types` as JSON documents and array columns, and back."""

from __future__ import annotations

import math
from dataclasses import asdict
from datetime import datetime
from typing import Any

import numpy as np

from sorter.errors import InvalidInputError
from sorter.types import Arm, ArmGeometry, ArmLimits, Detections
from storage.records import Document
from storage.views import Reading


def arm_document(arm: Arm) -> dict[str, Any]:
    """Return an arm as a JSON object.

    Raises:
        InvalidInputError: A number is not finite, which JSON cannot say.
    """
    document = asdict(arm)
    numbers = [*document["geometry"].values(), *document["limits"].values()]
    numbers += [arm.repeatability_px or 0.0, arm.calibration_residual_px or 0.0]
    if not all(math.isfinite(number) for number in numbers):
        raise InvalidInputError(f"every number of an arm must be finite: {arm}")
    if arm.calibrated_at is not None:
        document["calibrated_at"] = arm.calibrated_at.isoformat()
    return document


def arm_from_document(document: Document) -> Arm:
    """Return the arm that :func:`arm_document` wrote, with defaults for what it did not know."""
    fields = dict(document)
    geometry = ArmGeometry(**fields.pop("geometry"))
    if fields.get("calibrated_at") is not None:
        fields["calibrated_at"] = datetime.fromisoformat(fields["calibrated_at"])
    return Arm(geometry=geometry, limits=ArmLimits(**fields.pop("limits")), **fields)


def detections_columns(detections: Detections) -> dict[str, list[Any]]:
    """Return detections as the columns of their row; float32 values survive unchanged."""
    return {
        "xyxy_px": detections.xyxy_px.ravel().tolist(),
        "labels": detections.labels.tolist(),
        "scores": detections.scores.tolist(),
    }


def reading_columns(reading: Reading | None) -> dict[str, Any]:
    """Return how a picture was read as columns of its detections' row; none where nobody said."""
    return {} if reading is None else asdict(reading)


def reading_from_columns(
    decode_s: float | None,
    batch_wait_s: float | None,
    forward_s: float | None,
    batch_images: int | None,
) -> Reading | None:
    """Return what :func:`reading_columns` took apart."""
    if decode_s is None or batch_wait_s is None or forward_s is None or batch_images is None:
        return None
    return Reading(decode_s, batch_wait_s, forward_s, batch_images)


def detections_from_columns(
    xyxy_px: list[float], labels: list[int], scores: list[float]
) -> Detections:
    """Return the detections that :func:`detections_columns` took apart."""
    return Detections(
        np.asarray(xyxy_px, np.float32).reshape(-1, 4),
        np.asarray(labels, np.int64),
        np.asarray(scores, np.float32),
    )
