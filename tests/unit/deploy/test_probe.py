from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.unit.deploy.files import services


@pytest.mark.parametrize(
    ("age_s", "is_healthy"), [(None, False), (0.0, True), (8.0, True), (60.0, False)]
)
def test_a_worker_is_healthy_while_its_sign_of_life_is_young(
    tmp_path: Path, age_s: float | None, is_healthy: bool
) -> None:
    path = tmp_path / "alive"
    if age_s is not None:
        path.touch()
        os.utime(path, (time.time() - age_s,) * 2)
    probe = services()["gpu-worker"]["healthcheck"]["test"][-1].replace("$$", "$")
    command = probe.replace("/tmp/alive", str(path))  # noqa: S108  # the container's own
    done = subprocess.run(["sh", "-c", command], check=False, capture_output=True)
    assert (done.returncode == 0) is is_healthy
