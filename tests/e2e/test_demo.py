from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900, func_only=True)]

PICTURES = ["photograph-1000.png", "photograph-1800.png", "map.png", "before-after.png"]


def run_demo(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli.main", "demo", *options],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "COLUMNS": "100", "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=800,
        check=False,
    )


def processes_that_mention(text: str) -> list[str]:
    """Return the command lines of living processes that mention a text; Linux only."""
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it has just ended
        if text in line:
            lines.append(line)
    return lines


def test_the_demo_sorts_a_table_names_its_pictures_and_leaves_nothing_running(tmp_path):
    out, result_file = tmp_path / "with a space", tmp_path / "result.json"
    done = run_demo(tmp_path, "--seed", "3", "--out", str(out), "--json", str(result_file))
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(result_file.read_text())
    assert result["sessions"] == 1
    assert 9 <= result["items_right"] <= result["items"] == 12
    assert 0 < result["picks_hit"] <= result["picks"]
    assert result["picked_from_container"] == 0
    assert result["seconds"] > 0
    for name in PICTURES:
        assert str(out / name) in result["files"]
        assert str(out / name) in done.stdout
        with Image.open(out / name) as picture:
            assert min(picture.size) > 1000
    assert f"{result['items_right']} of {result['items']}" in done.stdout
    assert processes_that_mention(str(out)) == []


def test_the_demo_says_in_one_sentence_why_it_cannot_run(tmp_path):
    done = run_demo(tmp_path, "--items", "5000", "--out", str(tmp_path / "out"))
    assert done.returncode == 1
    assert done.stderr.startswith("sorterbot: ")
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_ctrl_c_ends_the_demo_and_everything_that_it_started(tmp_path):
    out = tmp_path / "out"
    demo = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "demo", "--out", str(out)],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    log = out / "stack" / "logs" / "gpu-worker.log"
    while not log.exists():
        assert demo.poll() is None
        time.sleep(0.1)
    demo.send_signal(signal.SIGINT)
    _, said = demo.communicate(timeout=120)
    assert demo.returncode == 130
    assert b"Traceback" not in said
    assert processes_that_mention(str(out)) == []
