"""The short form of the suite: every scenario once, on real processes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.faults.scenarios import SCENARIOS

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(3000, func_only=True)]

NAMES = [scenario.name for scenario in SCENARIOS if not scenario.is_soak]


def verify(folder: Path, *options: str) -> tuple[dict[str, Any], subprocess.CompletedProcess[str]]:
    """Run the command and return what it wrote for machines, and how it ended."""
    file = folder / "result.json"
    command = [sys.executable, "-m", "cli.main", "verify", "faults", "--short"]
    done = subprocess.run(
        [*command, "--json", str(file), *options],
        cwd=Path(__file__).parents[2],
        check=False,
        capture_output=True,
        text=True,
        timeout=2900,
    )
    assert file.exists(), done.stderr
    return json.loads(file.read_text()), done


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Every scenario once, one site after the other."""
    result, done = verify(tmp_path_factory.mktemp("faults"), "--scenario", "all", "--seed", "1")
    assert done.returncode == (1 if any(row["findings"] for row in result["scenarios"]) else 0)
    return result


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_lost_and_nothing_doubled(run: dict[str, Any], name: str) -> None:
    row = next(row for row in run["scenarios"] if row["name"] == name)
    assert row["findings"] == []
    assert row["accepted"] > 0


def test_what_was_broken_was_seen_to_recover(run: dict[str, Any]) -> None:
    assert run["recovered"] > 0
    assert run["slowest_recovery_s"] > 0
    assert run["seed"] == 1
    assert sorted(row["name"] for row in run["scenarios"]) == sorted(NAMES)


def test_without_the_sweeper_the_same_faults_lose_pictures_and_the_suite_says_so(
    tmp_path: Path,
) -> None:
    # R6, because only the sweeper can bring back what lay in an emptied Redis. What R3 kills is
    # now and then brought back by the broker alone.
    result, done = verify(
        tmp_path, "--scenario", "R6", "--seed", "1", "--without-sweeper", "--patience", "10"
    )
    assert result["lost"] > 0
    assert result["has_sweeper"] is False
    assert done.returncode == 1
    assert "promises were broken; again, alone: sorterbot verify faults" in done.stderr
