"""Sizes as a command line spells them."""

from __future__ import annotations

from sorter.errors import InvalidInputError


def size_from_text(text: str) -> tuple[int, int]:
    """Read a size such as ``448x336``.

    Raises:
        InvalidInputError: It is not two whole numbers.
    """
    try:
        width, height = (int(side) for side in text.split("x"))
    except ValueError as error:
        raise InvalidInputError(f"not a size such as 448x336: {text}") from error
    return width, height
