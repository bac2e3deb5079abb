"""The wheel that an image installs holds all that was copied to build it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.unit.deploy.files import DOCKERFILES, ROOT, copied

BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"


def sources(dockerfile: str) -> list[str]:
    """Return what a Dockerfile copies to where the wheel is built."""
    return [source for source, target in copied(dockerfile) if target.startswith("/src")]


@pytest.fixture
def checkout(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """What the build sees of the checkout."""
    for source in sources(request.param):
        target = tmp_path / "src" / source
        if (ROOT / source).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / source, target, ignore=ignored)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / source, target)
    return tmp_path / "src"


@pytest.mark.parametrize("checkout", DOCKERFILES, indirect=True)
def test_every_file_of_the_packages_is_in_the_wheel(checkout: Path) -> None:
    out = checkout.parent / "wheel"
    subprocess.run(
        [sys.executable, "-c", BUILD, str(out)], cwd=checkout, check=True, capture_output=True
    )
    (wheel,) = out.iterdir()
    folders = [path for path in checkout.iterdir() if (path / "__init__.py").exists()]
    assert folders
    there = set(ZipFile(wheel).namelist())
    expected = {
        str(path.relative_to(checkout))
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file()
    }
    assert expected - there == set()
