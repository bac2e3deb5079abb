from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import UnauthenticatedError
from api.keys import ARM_KEYS


def test_a_key_that_was_made_is_read_and_matches_its_hash() -> None:
    key = ARM_KEYS.make()
    presented = ARM_KEYS.parse(key.text)
    assert presented.key_id == key.key_id
    assert presented.matches(key.secret_sha256)


def test_a_key_matches_no_other_keys_hash() -> None:
    assert not ARM_KEYS.parse(ARM_KEYS.make().text).matches(ARM_KEYS.make().secret_sha256)


def test_only_the_hash_of_the_secret_is_for_keeping() -> None:
    key = ARM_KEYS.make()
    prefix, key_id, secret = key.text.split("_", 2)
    assert (prefix, key_id) == ("sb", key.key_id)
    assert hashlib.sha256(secret.encode()).hexdigest() == key.secret_sha256


def test_a_new_key_printed_by_mistake_does_not_show_its_secret() -> None:
    key = ARM_KEYS.make()
    assert key.text not in repr(key)


def test_no_two_keys_are_alike() -> None:
    keys = [ARM_KEYS.make() for _ in range(100)]
    assert len({key.key_id for key in keys}) == len({key.text for key in keys}) == 100


@given(st.text(max_size=80))
def test_what_has_not_the_form_of_a_key_is_refused(text: str) -> None:
    with pytest.raises(UnauthenticatedError):
        ARM_KEYS.parse("sb_" + text + "!")


@pytest.mark.parametrize(
    "change",
    [str.upper, lambda key: key + "\n", lambda key: key[:-1], lambda key: " " + key],
)
def test_a_key_written_in_any_other_way_is_refused(change) -> None:
    with pytest.raises(UnauthenticatedError):
        ARM_KEYS.parse(change(ARM_KEYS.make().text))
