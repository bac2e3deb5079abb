from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900, func_only=True)]


def verify(folder: Path, *options: str) -> dict[str, Any]:
    file = folder / "result.json"
    command = [sys.executable, "-m", "cli.main", "verify", "sort", "--json", str(file), *options]
    root = Path(__file__).parents[2]
    subprocess.run(command, cwd=root, check=True, timeout=800, capture_output=True)
    result: dict[str, Any] = json.loads(file.read_text())
    return result


def test_a_table_is_sorted_alike_in_one_process_and_through_gateway_and_queues(tmp_path):
    options = ("--scenes", "2", "--seed", "6000")
    here = verify(tmp_path, *options)
    there = verify(tmp_path, *options, "--through-stack")
    names = ("items", "items_right", "picks", "picks_hit", "picked_from_container", "found_items")
    assert here["sessions"] == there["sessions"] == 2
    assert here["items_right"] > 0
    for one, other in zip(here["rows"], there["rows"], strict=True):
        assert {name: one[name] for name in names} == {name: other[name] for name in names}
