from __future__ import annotations

import subprocess
import sys

import pytest

TRACING = ("opentelemetry.exporter", "workers.session_traces")
HEAVY = ("torch", "torchvision", "sklearn", "scipy", "vision", "cv2")


@pytest.mark.parametrize("door", ["api.bootstrap", "api.robot_door.bootstrap"])
def test_a_door_loads_none_of_the_networks_libraries_and_nothing_to_trace_with(door: str) -> None:
    without = (*HEAVY, *TRACING)
    script = f"import sys, {door}; print([m for m in {without!r} if m in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=240
    )
    assert run.stdout.strip() == "[]"
