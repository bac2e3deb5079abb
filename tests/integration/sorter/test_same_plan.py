from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.integration.sorter.plan_of_a_table import plan_texts


def plans_in_another_process(seed: int, n_threads: int) -> dict[str, str]:
    threads = {
        f"{library}_NUM_THREADS": str(n_threads) for library in ("OMP", "OPENBLAS", "MKL", "BLIS")
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.sorter.plan_of_a_table", str(seed)],
        env={**os.environ, **threads, "PYTHONHASHSEED": str(seed + 1)},
        capture_output=True,
        text=True,
        check=True,
        timeout=250,
    )
    plans: dict[str, str] = json.loads(done.stdout)
    return plans


def test_plans_are_the_same_byte_for_byte_in_any_process_with_any_threads_and_rows() -> None:
    once = plan_texts(seed=0)
    assert all(len(json.loads(text)["commands"]) > 20 for text in once.values())
    assert plan_texts(seed=3) == once
    assert plans_in_another_process(seed=0, n_threads=1) == once
    assert plans_in_another_process(seed=7, n_threads=2) == once
