from __future__ import annotations

import subprocess
import sys

import pytest

from vision.memory import gpu_memory


def test_whoever_runs_no_network_on_a_gpu_is_told_nothing_and_wakes_none() -> None:
    script = (
        "import sys; from vision.memory import gpu_memory;"
        "print(gpu_memory(), 'torch' in sys.modules);"
        "import torch; print(gpu_memory(), torch.cuda.is_initialized())"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=240
    )
    assert run.stdout.split() == ["None", "False"] * 2


@pytest.mark.gpu
def test_what_a_process_takes_on_its_gpu_is_seen() -> None:
    import torch

    held = [torch.zeros(1, device="cuda")]
    before = gpu_memory()
    assert before is not None
    assert 0 < before.reserved <= before.used <= before.total
    held.append(torch.zeros(256 * 1024**2, dtype=torch.uint8, device="cuda"))
    after = gpu_memory()
    assert after is not None
    assert after.reserved - before.reserved >= 256 * 1024**2
    assert after.total == before.total
