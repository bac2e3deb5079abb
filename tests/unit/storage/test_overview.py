"""Sessions are found by how their ids begin, however the database orders letters."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from storage.sql.overview import last_beginning

IDS = st.text("0123456789abcdef", min_size=32, max_size=32)


@given(IDS, st.integers(1, 32))
def test_an_id_lies_within_the_range_of_each_of_its_beginnings(session_id: str, n: int) -> None:
    prefix = session_id[:n]
    assert prefix <= session_id <= last_beginning(prefix)
    assert last_beginning(prefix).isascii(), "not every order knows other characters"
