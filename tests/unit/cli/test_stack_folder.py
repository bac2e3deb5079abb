from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from cli.stack_folder import (
    CONNECTION_FILE,
    PASSWORDS_FILE,
    held_folder,
    load_connection,
    load_passwords,
    save_connection,
)
from sorter.errors import ConflictError, NotFoundError, SorterBotError

AWKWARD = {"URL": "postgresql://a:b@h/d", "FOLDER": "file:///a%20b", "ODD": 'it\'s $HOME "x" é='}


def test_the_connection_reads_back_as_it_was_saved(tmp_path: Path) -> None:
    save_connection(tmp_path, AWKWARD)
    assert load_connection(tmp_path) == AWKWARD


def test_a_shell_reads_the_connection_as_we_do(tmp_path: Path) -> None:
    save_connection(tmp_path, AWKWARD)
    argv = ["sh", "-c", f'. "{tmp_path}/{CONNECTION_FILE}"; printf %s "$ODD"']
    done = subprocess.run(argv, capture_output=True, check=True)
    assert done.stdout.decode() == AWKWARD["ODD"]


def test_a_folder_without_a_stack_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="not the folder of a local stack"):
        load_connection(tmp_path)


def test_a_folder_of_an_earlier_release_keeps_its_passwords_and_gets_what_is_new(
    tmp_path: Path,
) -> None:
    earlier = {"postgres": "a", "redis": "b"}
    (tmp_path / PASSWORDS_FILE).write_text(json.dumps(earlier))
    now = load_passwords(tmp_path)
    assert earlier.items() < now.items()
    assert now["flower"]
    assert load_passwords(tmp_path) == now


def test_passwords_are_made_once_and_differ(tmp_path: Path) -> None:
    first = load_passwords(tmp_path)
    assert load_passwords(tmp_path) == first
    assert first["postgres"] != first["redis"]


def test_secrets_are_for_their_owner_alone(tmp_path: Path) -> None:
    load_passwords(tmp_path)
    save_connection(tmp_path, AWKWARD)
    for name in (PASSWORDS_FILE, CONNECTION_FILE):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0


def test_a_folder_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    with (
        held_folder(tmp_path),
        pytest.raises(ConflictError, match="another stack already runs in"),
        held_folder(tmp_path),
    ):
        pass
    with held_folder(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_reported_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(SorterBotError, match=r"cannot write to .*: Not a directory"),
        held_folder(tmp_path / "file" / "folder"),
    ):
        pass
