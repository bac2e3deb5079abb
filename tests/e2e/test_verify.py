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


HARDSHIP = ("--until-clear", "--disturb", "radius=0.02,missing=1,unreadable=1,bumped=1")


@pytest.mark.parametrize(("n_tables", "hardship"), [(2, ()), (1, HARDSHIP)])
def test_a_table_is_sorted_alike_in_one_process_and_through_gateway_and_queues(
    tmp_path, n_tables, hardship
):
    options = ("--scenes", str(n_tables), "--seed", "6000", *hardship)
    here = verify(tmp_path, *options, "--workers", "1")
    there = verify(tmp_path, *options, "--through-stack")
    assert here["sessions"] == there["sessions"] == n_tables
    assert here["items_right"] > 0
    varying = {"seconds"}
    for one, other in zip(here["rows"], there["rows"], strict=True):
        assert {name: value for name, value in one.items() if name not in varying} == {
            name: value for name, value in other.items() if name not in varying
        }


def test_any_number_of_workers_gives_the_same_rows(tmp_path):
    options = ("--scenes", "2", "--seed", "6000", "--disturb", "servo=3")
    rows = [verify(tmp_path, *options, "--workers", n)["rows"] for n in ("1", "2")]
    for row in (*rows[0], *rows[1]):
        del row["seconds"]
    assert rows[0] == rows[1]
    assert [row["seed"] for row in rows[0]] == [6000, 6001]
