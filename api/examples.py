"""One example of each body and answer, for whoever reads or tries the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from api.answers import (
    ArmAnswer,
    HealthAnswer,
    ImageAnswer,
    OutcomesAnswer,
    PlanAnswer,
    ReadyAnswer,
    SessionAnswer,
)
from api.bodies import ArmBody, OutcomesBody, SessionBody

_ARM = {
    "geometry": {
        "radius_px": 1500.0,
        "rotation_range_deg": 130.0,
        "rotation_range_pw": 1400.0,
        "dist_min_pw": 1100.0,
        "dist_max_pw": 2000.0,
        "roll_deg": -0.8,
        "distortion": -0.03,
    },
    "limits": {
        "servo0_min_pw": 800.0,
        "servo0_max_pw": 2200.0,
        "servo1_min_pw": 1100.0,
        "servo1_max_pw": 2000.0,
    },
    "repeatability_px": 12.0,
    "calibration_id": "2026-07-01-bench",
    "calibrated_at": "2026-07-01T08:00:00Z",
    "calibration_residual_px": 3.2,
    "leave_unsure": False,
}
_SESSION_ID = "0b7f8d0a9c3e4f6b8a1d2c3e4f5a6b7c"
_IMAGE_ID = "5d0c1f7e2b9a4c6d8e3f1a2b3c4d5e6f"
_ITEM = {
    "item": 0,
    "position": {"servo0_pw": 1512.4, "servo1_pw": 1631.0},
    "score": 0.98,
    "crop": {"image_id": _IMAGE_ID, "xyxy_px": [715.0, 412.0, 801.0, 497.0]},
    "n_sightings": 1,
    "sightings": [[_IMAGE_ID, 0]],
}
_CONTAINER = {
    "container": 0,
    "position": {"servo0_pw": 1270.1, "servo1_pw": 1702.9},
    "score": 0.99,
    "crop": {"image_id": _IMAGE_ID, "xyxy_px": [1100.0, 260.0, 1488.0, 650.0]},
    "n_sightings": 1,
    "sightings": [[_IMAGE_ID, 1]],
}

EXAMPLES: Mapping[type[BaseModel], dict[str, Any]] = {
    ArmBody: _ARM,
    ArmAnswer: {"arm_id": "arm-1", **_ARM},
    SessionBody: {"arm_id": "arm-1", "expected_images": 5, "deadline_s": 600, "min_images": 1},
    SessionAnswer: {
        "session_id": _SESSION_ID,
        "arm_id": "arm-1",
        "state": "sealed",
        "progress": {
            "stage": "detecting",
            "n_images": 5,
            "n_expected": 5,
            "n_finished": 3,
            "n_detected": 3,
            "n_failed": 0,
        },
        "why": "2 of its 5 pictures are not looked at yet.",
        "failed_images": [],
        "min_images": 1,
        "opened_at": "2026-07-01T08:00:00Z",
        "deadline_at": "2026-07-01T08:10:00Z",
        "sealed_at": "2026-07-01T08:00:12Z",
        "finished_at": None,
        "links": {
            "session": f"/sessions/{_SESSION_ID}",
            "commands": f"/sessions/{_SESSION_ID}/commands",
            "events": f"/sessions/{_SESSION_ID}/events",
            "complete": f"/sessions/{_SESSION_ID}/complete",
            "outcomes": f"/sessions/{_SESSION_ID}/outcomes",
        },
    },
    ImageAnswer: {
        "image_id": _IMAGE_ID,
        "session_id": _SESSION_ID,
        "index": 0,
        "position_pw": 1500.0,
        "width_px": 1640,
        "height_px": 1232,
        "n_bytes": 214_337,
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    },
    PlanAnswer: {
        "session_id": _SESSION_ID,
        "state": "done",
        "arm_id": "arm-1",
        "calibration_id": "2026-07-01-bench",
        "frame": "servo_pulse_width",
        "units": {"servo": "us"},
        "models": {"detector": "sample-detector@1", "embedder": "sample-embedder@1"},
        "commands": [
            {
                "order": 0,
                "item": 0,
                "container": 0,
                "cluster": 0,
                "pick": {"servo0_pw": 1512.4, "servo1_pw": 1631.0},
                "drop": {"servo0_pw": 1270.1, "servo1_pw": 1702.9},
                "confidence": 0.98,
                "margin": 0.62,
                "is_unsure": False,
            }
        ],
        "items": [_ITEM],
        "containers": [_CONTAINER],
        "set_aside": [],
        "travel_pw": 254.4,
        "flags": ["calibration_stale"],
    },
    OutcomesBody: {"outcomes": [{"command": 0, "result": "picked"}]},
    OutcomesAnswer: {
        "session_id": _SESSION_ID,
        "outcomes": [{"command": 0, "result": "picked", "note": None}],
    },
    HealthAnswer: {"status": "ok"},
    ReadyAnswer: {
        "ready": True,
        "database": "up",
        "image_store": "up",
        "broker": "up",
        "n_gpu_workers": 1,
        "n_sort_workers": 1,
        "note": None,
    },
}
