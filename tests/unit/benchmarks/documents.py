"""What benchmarks write down, as small as may be."""

from __future__ import annotations

from typing import Any

MACHINE = {"machine": {"cores": 2, "processor": "Abacus", "device": "cpu"}}
SPREAD = {"p50_ms": 5.0, "p95_ms": 9.5, "p99_ms": 120.0}
CORES = {"gateway": 0.2, "gpu-worker": 0.4, "postgres": 0.1, "redis": 0.05}


def no_model_side() -> dict[str, Any]:
    return {
        "redis_ping_ms": 0.1,
        "pictures_per_s": 250.0,
        "cpu_ms_per_picture": 3.9,
        "robots_cpu_ms_per_picture": 1.0,
        "cpu_ms_by_process": {"gateway": 1.5, "gpu-worker": 1.4, "postgres": 1.0},
        "idle": SPREAD,
        "open": {"0.5": SPREAD, "0.9": SPREAD},
    }


DOCUMENTS: dict[str, dict[str, Any]] = {
    "no_model": {"near": no_model_side(), "far": no_model_side(), **MACHINE},
    "pipeline": {
        "pictures_per_s": 11.0,
        "raw_pictures_per_s": 13.0,
        "fraction_of_raw": 0.85,
        "floor_ms": 100.0,
        "detections_to_plan_ms": 60.0,
        "plan_after_floor_p50_ms": 20.0,
        "plan_after_floor_p95_ms": 50.0,
        "sessions": 12,
        **MACHINE,
    },
    "scale": {
        "sleep_s": 0.05,
        "scaling": {
            n: {
                "pictures_per_s": 20.0 * int(n),
                "fraction_of_ideal": 1.0,
                "cores_by_process": CORES,
                "cores_of_robots": 0.1,
                "cores_busy": 0.4,
            }
            for n in ("1", "16")
        },
        **MACHINE,
    },
    "sort": {
        "sort_ms": {
            str(n): {
                "sightings": n,
                **dict.fromkeys(("merge", "kmeans", "assignment", "ordering", "total"), 1.0 + n),
            }
            for n in (10, 100)
        },
        "growth": dict.fromkeys(("merge", "kmeans", "assignment", "ordering", "total"), 1.0),
        **MACHINE,
    },
    "peers": {
        "load_pictures_per_s": 30.0,
        "failed": {"Absent": "no such package"},
        "peers": {
            name: {
                "pictures_per_s": 60.0,
                "alone": SPREAD,
                "loaded": SPREAD,
                "lost_unkilled": 0,
                "resident_mib": 400.0,
                "lost_of_killed": 0,
                "in_flight": 8,
                "serves_again": True,
            }
            for name in ("SorterBot", "Other")
        },
        **MACHINE,
    },
    "memory": {
        "resident_mib": {
            "stand_ins": {"start": {"gateway": 80.0}, "after 1000 sessions": {"gateway": 90.0}},
            "networks": {"start": {"gateway": 80.0}, "after 4000x3000": {"gateway": 95.0}},
        },
        **MACHINE,
    },
}
