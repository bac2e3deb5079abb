from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from sorter.types import Clustering
from tests.integration.sorter.plan_of_a_table import plan_text


def plan_in_another_process(clustering: str, seed: int, n_threads: int) -> str:
    threads = {
        f"{library}_NUM_THREADS": str(n_threads) for library in ("OMP", "OPENBLAS", "MKL", "BLIS")
    }
    script = "tests.integration.sorter.plan_of_a_table"
    done = subprocess.run(
        [sys.executable, "-m", script, clustering, str(seed)],
        env={**os.environ, **threads, "PYTHONHASHSEED": str(seed + 1)},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    return done.stdout


@pytest.mark.parametrize("clustering", Clustering)
def test_the_plan_is_the_same_byte_for_byte_in_any_process_with_any_threads_and_rows(
    clustering: Clustering,
) -> None:
    once = plan_text(clustering, seed=0)
    assert len(json.loads(once)["commands"]) > 20
    assert plan_text(clustering, seed=3) == once
    assert plan_in_another_process(clustering, seed=0, n_threads=1) == once
    assert plan_in_another_process(clustering, seed=7, n_threads=2) == once
