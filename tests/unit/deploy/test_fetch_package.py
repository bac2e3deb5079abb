from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pytest

from deploy.fetch_package import fetch_package
from sorter.errors import InvalidInputError
from tests.unit.deploy.files import ROOT
from vision.package import ModelCard, ModelKind, ModelPackage, load_package, save_package


@pytest.fixture
def package(tmp_path: Path) -> Path:
    card = ModelCard("tiny", "1", ModelKind.EMBEDDER, ("a", "b"), (64, 64))
    folder = tmp_path / "tiny"
    save_package(ModelPackage(card, {"weight": np.ones((2, 2), np.float32)}), folder)
    return folder


def archived(package: Path, kind: str, *, with_folder: bool) -> str:
    """Pack a package and return the archive's address."""
    root, base = (package.parent, package.name) if with_folder else (package, ".")
    return Path(shutil.make_archive(str(package.parent / "packed"), kind, root, base)).as_uri()


@pytest.mark.parametrize("kind", ["tar", "gztar", "zip"])
@pytest.mark.parametrize("with_folder", [True, False])
def test_what_was_packed_is_what_can_be_loaded(
    package: Path, tmp_path: Path, kind: str, with_folder: bool
) -> None:
    folder = tmp_path / "models" / "detector"
    fetch_package(archived(package, kind, with_folder=with_folder), folder)
    assert load_package(folder, ModelKind.EMBEDDER).card.full_name == "tiny@1"


def test_weights_of_another_package_are_refused_and_nothing_is_left(
    package: Path, tmp_path: Path
) -> None:
    (package / "weights.safetensors").write_bytes(b"others")
    folder = tmp_path / "models" / "detector"
    with pytest.raises(InvalidInputError, match="SHA-256"):
        fetch_package(archived(package, "zip", with_folder=False), folder)
    assert not folder.exists()


def test_an_archive_cannot_write_outside_its_folder(tmp_path: Path) -> None:
    archive = tmp_path / "evil.tar"
    with tarfile.open(archive, "w") as members:
        member = tarfile.TarInfo("../outside")
        member.size = 4
        members.addfile(member, io.BytesIO(b"evil"))
    with pytest.raises(InvalidInputError, match="cannot be unpacked"):
        fetch_package(archive.as_uri(), tmp_path / "models")
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize("url", ["http://host/x.tar", "ftp://host/x.tar", "x.tar", ""])
def test_only_https_files_and_buckets_are_fetched(url: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="must begin with https"):
        fetch_package(url, tmp_path / "models")


def test_a_file_that_is_no_archive_ends_the_build_with_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("<html>not found</html>")
    done = subprocess.run(
        [
            sys.executable,
            ROOT / "deploy" / "fetch_package.py",
            (tmp_path / "page.html").as_uri(),
            tmp_path / "models",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("fetch_package: page.html cannot be unpacked")
    assert done.stderr.count("\n") == 1
