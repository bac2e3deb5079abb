from __future__ import annotations

import pytest

from cli.faults.plain_robot import Answer


@pytest.mark.parametrize(
    ("status", "headers", "is_honest"),
    [
        (503, {"retry-after": "2"}, True),
        (503, {}, False),
        (503, {"retry-after": "soon"}, False),
        (500, {"retry-after": "2"}, False),
        (202, {"retry-after": "2"}, False),
        (0, {}, False),
    ],
)
def test_a_refusal_is_honest_where_it_is_503_and_says_when_to_come_back(
    status: int, headers: dict[str, str], is_honest: bool
) -> None:
    assert Answer("GET /", status, 0.1, headers, {}).is_honest_refusal is is_honest
