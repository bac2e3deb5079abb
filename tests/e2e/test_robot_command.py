from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900, func_only=True)]


def run_robot(url: str, folder: Path, *arms: str) -> subprocess.CompletedProcess[str]:
    options = [f"--arm={arm}" for arm in arms]
    command = [sys.executable, "-m", "cli.main", "robot", "--gateway", url, *options]
    command += ["--json", str(folder / "result.json"), "--spool", str(folder / "spool")]
    return subprocess.run(
        [*command, "--patience", "60"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=800,
        check=False,
    )


def test_two_arms_sort_their_tables_against_a_gateway_that_runs_already(stack, tmp_path):
    key_file = tmp_path / "left.key"
    key_file.write_text(stack.make_key("LEFT"))
    right_key = stack.make_key("RIGHT")
    done = run_robot(stack.gateway_url, tmp_path, f"LEFT=@{key_file}", f"RIGHT={right_key}")
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads((tmp_path / "result.json").read_text())
    assert [row["arm_id"] for row in result["rows"]] == ["LEFT", "RIGHT"]
    assert result["picks_hit"] > 0
    for row in result["rows"]:
        assert stack.store.load_session(row["session_id"]).state.value == "done"
        told = stack.store.load_outcomes(row["session_id"])
        assert [one.result for one in told] == [c["outcome"] for c in row["commands"]]
    assert right_key not in done.stdout + done.stderr


def test_an_arm_with_another_arms_key_is_told_in_one_sentence(stack, tmp_path):
    done = run_robot(stack.gateway_url, tmp_path, f"OTHER={stack.make_key('MINE')}")
    assert done.returncode == 1
    assert "403" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
