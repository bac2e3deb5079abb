"""Text that can be kept: PostgreSQL holds neither NUL nor half of a surrogate pair."""

from __future__ import annotations

from sorter.errors import InvalidInputError

MAX_REASON_CHARACTERS = 2000


def checked_text(text: str) -> str:
    """Return the text as it is.

    Raises:
        InvalidInputError: It holds NUL, or half of a surrogate pair.
    """
    if plain_text(text) != text:
        raise InvalidInputError(f"the text {text[:100]!r} holds characters that cannot be kept")
    return text


def plain_text(text: str) -> str:
    """Return the text with question marks for what cannot be kept."""
    return text.replace("\x00", "?").encode(errors="replace").decode()


def plain_reason(text: str) -> str:
    """Return a reason for a failure, fit to be kept: plain and of bounded length."""
    return plain_text(text)[:MAX_REASON_CHARACTERS]
