from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.with_passwords import with_password, with_passwords
from tests.unit.deploy.files import ROOT

SHOW = "import json, os; print(json.dumps(dict(os.environ)))"
ADDRESSES = (
    "postgresql+psycopg2://sorterbot@postgres:5432/sorterbot",
    "redis://redis:6379/0",
    "redis://[::1]:6379/1?timeout=3",
)


@given(address=st.sampled_from(ADDRESSES), password=st.text(min_size=1))
def test_whatever_the_password_it_comes_out_again_and_the_rest_stays(
    address: str, password: str
) -> None:
    password = password.encode("utf-8", "replace").decode()
    before, after = urlsplit(address), urlsplit(with_password("X", address, password))
    assert unquote(after.password or "") == password
    assert (after.hostname, after.port, after.path) == (before.hostname, before.port, before.path)
    assert (after.username or None, after.query) == (before.username, before.query)


def run(variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    script = ROOT / "deploy" / "with_passwords.py"
    return subprocess.run(
        [sys.executable, str(script), sys.executable, "-c", SHOW],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.environ["PATH"], **variables},
    )


def test_the_command_finds_each_address_with_its_password(tmp_path: Path) -> None:
    for name in ("postgres", "redis"):
        (tmp_path / name).write_text(f"pass:{name}\n")
    done = run(
        {
            "SORTERBOT_DATABASE_URL": "postgresql+psycopg2://me@host/rows",
            "SORTERBOT_DATABASE_PASSWORD_FILE": str(tmp_path / "postgres"),
            "SORTERBOT_BROKER_URL": "redis://host/0",
            "SORTERBOT_RESULTS_URL": "redis://host/1",
            "SORTERBOT_REDIS_PASSWORD_FILE": str(tmp_path / "redis"),
        }
    )
    seen = json.loads(done.stdout)
    assert seen["SORTERBOT_DATABASE_URL"] == "postgresql+psycopg2://me:pass%3Apostgres@host/rows"
    assert seen["SORTERBOT_BROKER_URL"] == "redis://:pass%3Aredis@host/0"
    assert seen["SORTERBOT_RESULTS_URL"] == "redis://:pass%3Aredis@host/1"


def test_a_secret_is_what_its_file_says_and_stays_where_no_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "login").write_text("operator:p&:x\n")
    given = {
        "FLOWER_BASIC_AUTH_FILE": str(tmp_path / "login"),
        "AWS_ACCESS_KEY_ID": "of the shell",
        "AWS_ACCESS_KEY_ID_FILE": "",
    }
    seen = json.loads(run(given).stdout)
    assert seen["FLOWER_BASIC_AUTH"] == "operator:p&:x"
    assert seen["AWS_ACCESS_KEY_ID"] == "of the shell"


def test_a_secret_that_is_given_twice_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("one")
    path = str(tmp_path / "key")
    done = run({"AWS_SECRET_ACCESS_KEY": "two", "AWS_SECRET_ACCESS_KEY_FILE": path})
    assert done.returncode == 1
    assert done.stderr.startswith("with_passwords: AWS_SECRET_ACCESS_KEY has a value")
    assert "two" not in done.stderr


def test_without_files_the_environment_is_left_as_it_is() -> None:
    variables = {"SORTERBOT_DATABASE_URL": "postgresql+psycopg2://me:known@host/rows"}
    assert with_passwords(variables) == variables


@pytest.mark.parametrize(
    ("url", "content", "said"),
    [
        ("redis://host/0", None, "No such file"),
        ("redis://host/0", "\n", "is empty"),
        ("redis://:one@host/0", "two", "SORTERBOT_BROKER_URL holds a password"),
    ],
)
def test_what_cannot_be_filled_in_ends_with_one_sentence_and_no_password(
    tmp_path: Path, url: str, content: str | None, said: str
) -> None:
    path = tmp_path / "password"
    if content is not None:
        path.write_text(content)
    done = run({"SORTERBOT_BROKER_URL": url, "SORTERBOT_REDIS_PASSWORD_FILE": str(path)})
    assert done.returncode == 1
    assert done.stderr.startswith("with_passwords: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert "two" not in done.stderr
