from __future__ import annotations

import subprocess
import sys

HEAVY = ("torch", "torchvision", "sklearn", "scipy", "vision", "cv2", "opentelemetry.sdk")


def test_the_gateway_loads_none_of_the_networks_libraries() -> None:
    script = f"import sys, api.bootstrap; print([m for m in {HEAVY!r} if m in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=240
    )
    assert run.stdout.strip() == "[]"
