from __future__ import annotations

import stat
from pathlib import Path

import pytest

from api.keys import OPERATOR_KEYS
from cli.operator_keyring import KEY_FILE, local_operator_key, make_operator_key_for
from sorter.errors import InvalidInputError
from tests.fakes import FakeStore


def test_only_the_hash_of_an_operators_key_is_kept() -> None:
    store = FakeStore()
    presented = OPERATOR_KEYS.parse(make_operator_key_for(store, "Ada Lovelace"))
    kept = store.load_operator_key(presented.key_id)
    assert kept.name == "Ada Lovelace"
    assert presented.matches(kept.secret_sha256)


@pytest.mark.parametrize("name", ["", "a" * 65, "a\nb", "\x00"])
def test_a_name_that_cannot_be_shown_is_refused(name: str) -> None:
    with pytest.raises(InvalidInputError):
        make_operator_key_for(FakeStore(), name)


def test_a_local_stack_keeps_its_operators_key_for_its_owners_eyes(tmp_path: Path) -> None:
    store = FakeStore()
    key = local_operator_key(store, tmp_path)
    assert local_operator_key(store, tmp_path) == key
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert len(store.load_operator_keys()) == 1


def test_a_key_that_was_revoked_or_is_of_another_database_is_made_anew(tmp_path: Path) -> None:
    store = FakeStore()
    revoked = local_operator_key(store, tmp_path)
    store.revoke_operator_key(OPERATOR_KEYS.parse(revoked).key_id)
    fresh = local_operator_key(store, tmp_path)
    assert fresh != revoked
    assert local_operator_key(FakeStore(), tmp_path) != fresh
    (tmp_path / KEY_FILE).write_text("nonsense")
    assert OPERATOR_KEYS.parse(local_operator_key(store, tmp_path))
