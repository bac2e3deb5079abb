"""Text that can be kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorter.errors import InvalidInputError
from storage.texts import MAX_REASON_CHARACTERS, checked_text, plain_reason, plain_text

ANY_TEXT = st.text(st.characters(exclude_categories=[]))


@given(ANY_TEXT)
def test_plain_text_can_be_kept_and_is_as_long_as_before(text: str) -> None:
    plain = plain_text(text)
    assert checked_text(plain) == plain
    assert len(plain) == len(text)


@given(ANY_TEXT)
def test_text_passes_unchanged_or_not_at_all(text: str) -> None:
    can_be_kept = "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)
    if can_be_kept:
        assert checked_text(text) == text
    else:
        with pytest.raises(InvalidInputError):
            checked_text(text)


def test_a_reason_is_cut_to_a_bounded_length() -> None:
    assert plain_reason("é" * 5000) == "é" * MAX_REASON_CHARACTERS
