"""How a conversation ends that cannot go on: in order, and with a reason.

The robot takes any text for success and then deletes its picture, so nothing is answered where
a picture could not be kept: the connection is closed. Source: docs/interfaces/sorterbot.md.
"""

from __future__ import annotations

from sorter.errors import InvalidInputError, SorterBotError, TransientError

MAX_REASON_BYTES = 123
"""A control frame has 125 bytes, two of which are the code. Source: RFC 6455, 5.5."""

NOT_NOW = 1011
"""Not 1012 or 1013, which say more: robots of the original's years die of a code that their library
does not know. Source: websocket-client before December 2021; websockets before 9."""

_CODES: tuple[tuple[type[SorterBotError], int], ...] = (
    (TransientError, NOT_NOW),
    (InvalidInputError, 1007),  # the data make no sense
    (SorterBotError, 1008),  # they do, and cannot be followed
)
"""Source: RFC 6455, 7.4."""


def close_code(error: SorterBotError) -> int:
    """Return the code for an error."""
    return next(code for kind, code in _CODES if isinstance(error, kind))


def close_reason(text: str) -> str:
    """Return as much of a reason as a close frame holds, whole characters only."""
    return text.encode(errors="replace")[:MAX_REASON_BYTES].decode(errors="ignore")
