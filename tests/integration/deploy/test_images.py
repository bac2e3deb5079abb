"""An image holds every module that its processes import, the project's and others'."""

from __future__ import annotations

import os
import re
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


LOCKED = """
import importlib, re, sys
from importlib.metadata import packages_distributions

allowed = set(sys.argv[1].split())
owners = packages_distributions()

class Lock:
    \"\"\"Hides what is installed here and would not be there.\"\"\"

    def find_spec(self, name, path=None, target=None):
        found = {re.sub("[-_.]+", "-", each).lower() for each in owners.get(name, ())}
        if found and not found & allowed:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Lock())
for name in sys.argv[2:]:
    importlib.import_module(name)
"""


@pytest.mark.parametrize(
    ("lock", "modules"),
    [
        ("requirements-api.lock", ("api.bootstrap", "api.gunicorn_settings", "api.console.routes")),
        ("requirements-api.lock", ("api.robot_door.bootstrap", "workers.feeds", "cli.main")),
        ("requirements-api.lock", ("workers.watching", "flower.command", "kombu.transport.redis")),
        ("requirements-worker.lock", ("workers.bootstrap", "vision.load", "kombu.transport.redis")),
    ],
)
def test_a_process_needs_nothing_that_its_lock_does_not_pin(
    lock: str, modules: tuple[str, ...]
) -> None:
    pinned = re.findall(r"^([a-z0-9-]+)==", (ROOT / lock).read_text(), re.MULTILINE)
    done = subprocess.run(
        [sys.executable, "-c", LOCKED, " ".join([*pinned, "sorterbot"]), *modules],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
