"""What is said about a schema that does not fit."""

from __future__ import annotations

import pytest

from storage.schema import schema_complaint

KNOWN = ["0003", "0002", "0001"]


def test_the_newest_schema_is_not_complained_about() -> None:
    assert schema_complaint("0003", KNOWN) is None


@pytest.mark.parametrize(
    ("found", "says"),
    [(None, "no tables"), ("0001", "older than 0003"), ("0009", "newer than this code")],
)
def test_any_other_schema_is_complained_about_with_the_command_that_helps(
    found: str | None, says: str
) -> None:
    complaint = schema_complaint(found, KNOWN)
    assert complaint is not None
    assert says in complaint
    assert "`sorterbot migrate`" in complaint
