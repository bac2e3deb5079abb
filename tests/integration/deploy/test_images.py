"""An image holds every module of the project that its processes import."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.deploy.files import ROOT, copied

FOLDERS = ("api", "benchmarks", "cli", "robot", "sorter", "storage", "vision", "workers")

PROGRAM = """
import importlib, sys
for name in sys.argv[2:]:
    importlib.import_module(name)
ours = [m for n, m in sys.modules.items() if n.partition('.')[0] in sys.argv[1].split()]
print(*sorted({m.__file__ for m in ours}))
"""


@pytest.mark.parametrize(
    ("dockerfile", "modules"),
    [
        ("Dockerfile.api", ("api.bootstrap", "api.gunicorn_settings")),
        ("Dockerfile.api", ("cli.main", "cli.migrate", "cli.keys", "cli.keyring")),
        ("Dockerfile.api", ("api.console.routes", "api.robot_door.bootstrap", "workers.watching")),
        ("Dockerfile.gpu", ("workers.bootstrap", "workers.sorting", "storage.bootstrap")),
        ("Dockerfile.gpu", ("vision.load",)),
    ],
)
def test_a_process_finds_what_it_imports_among_what_was_copied(
    dockerfile: str, modules: tuple[str, ...], tmp_path: Path
) -> None:
    for source in {source for source, _ in copied(dockerfile)} & set(FOLDERS):
        shutil.copytree(
            ROOT / source, tmp_path / source, ignore=shutil.ignore_patterns("*.safetensors")
        )
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, " ".join(FOLDERS), *modules],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    files = run.stdout.split()
    assert files
    assert [file for file in files if not Path(file).is_relative_to(tmp_path)] == []
