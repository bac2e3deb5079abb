from __future__ import annotations

import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tests.unit.deploy.files import ROOT, load_compose


@pytest.fixture
def deploy(tmp_path: Path) -> Path:
    folder = tmp_path / "deploy"
    folder.mkdir()
    shutil.copy(ROOT / "deploy" / "make_secrets.sh", folder)
    return folder


def made(deploy: Path) -> dict[str, str]:
    """Run the script and return the text of each file that is there afterwards."""
    subprocess.run([deploy / "make_secrets.sh"], check=True, capture_output=True)
    return {str(Path("deploy/secrets") / path.name): path.read_text() for path in secrets(deploy)}


def secrets(deploy: Path) -> list[Path]:
    return sorted((deploy / "secrets").iterdir())


def test_every_secret_of_the_compose_file_is_made_and_no_two_are_alike(deploy: Path) -> None:
    texts = made(deploy)
    files = {each["file"] for each in load_compose()["secrets"].values()}
    assert set(texts) == {file for file in files if not file.startswith("${")}
    assert len(set(texts.values())) == len(texts)
    assert texts["deploy/secrets/flower_login"].startswith("operator:")
    for text in texts.values():
        drawn = text.rpartition(":")[2]
        assert len(drawn) == 64
        assert drawn.isalnum()


def test_a_password_that_exists_stays(deploy: Path) -> None:
    assert made(deploy) == made(deploy)


def test_containers_may_read_a_secret_and_other_users_of_the_machine_may_not(deploy: Path) -> None:
    made(deploy)
    assert stat.S_IMODE((deploy / "secrets").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets(deploy)} == {0o444}
