from __future__ import annotations

import pytest

from api.keys import ARM_KEYS
from cli.main import main

pytestmark = pytest.mark.services


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[object, str]:
    with pytest.raises(SystemExit) as ended:
        main(words)
    said = capsys.readouterr()
    return ended.value.code, said.out + said.err


def test_a_key_is_made_listed_and_revoked(
    migrated_postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    database = f"--database-url={migrated_postgres_url}"
    _, text = run(capsys, "keys", "create", "ARM001", database)
    key_id = ARM_KEYS.parse(text.strip()).key_id
    _, listed = run(capsys, "keys", "list", database)
    assert key_id in listed
    assert "in force" in listed
    assert run(capsys, "keys", "revoke", key_id, database)[0] == 0
    _, listed = run(capsys, "keys", "list", "--arm=ARM001", database)
    assert "revoked" in listed


def test_an_arm_s_name_that_is_none_is_refused_in_one_sentence(
    migrated_postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"--database-url={migrated_postgres_url}"
    status, said = run(capsys, "keys", "create", "no name", url)
    assert status == 1
    assert said.count("\n") == 1


def test_migrating_twice_says_the_same(
    postgres_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    once = run(capsys, "migrate", f"--database-url={postgres_url}")
    assert once == run(capsys, "migrate", f"--database-url={postgres_url}")
    assert once[0] == 0


def test_keys_need_to_know_which_database(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SORTERBOT_DATABASE_URL", raising=False)
    status, said = run(capsys, "keys", "list")
    assert status == 2
    assert "--database-url" in said
