"""How the models of a worker are to differ from what their packages say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sorter.errors import InvalidInputError

_SIZE = re.compile(r"([1-9][0-9]{1,3})x([1-9][0-9]{1,3})")
_SIDES_PX = range(16, 4097)


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """What takes the place of a package's own values; ``None`` leaves them.

    Attributes:
        device: ``auto``, or a device as torch spells it.
        score_threshold: The detector drops what scores lower.
        input_size_px: Width and height of what the detector's network is fed.
    """

    device: str = "auto"
    score_threshold: float | None = None
    input_size_px: tuple[int, int] | None = None


AS_PACKAGED = ModelChoice()


def read_model_choice(variables: Mapping[str, str]) -> ModelChoice:
    """Read ``SORTERBOT_DEVICE``, ``SORTERBOT_SCORE_THRESHOLD`` and ``SORTERBOT_INPUT_SIZE``.

    Raises:
        InvalidInputError: A value is none; the message names the variable.
    """
    return ModelChoice(
        variables.get("SORTERBOT_DEVICE") or "auto",
        _threshold(variables.get("SORTERBOT_SCORE_THRESHOLD", "")),
        _size(variables.get("SORTERBOT_INPUT_SIZE", "")),
    )


def _threshold(text: str) -> float | None:
    if not text:
        return None
    try:
        threshold = float(text)
    except ValueError:
        threshold = -1.0
    if not 0 < threshold < 1:
        raise InvalidInputError(
            f"SORTERBOT_SCORE_THRESHOLD must be a number between 0 and 1, not {text!r}"
        )
    return threshold


def _size(text: str) -> tuple[int, int] | None:
    if not text:
        return None
    found = _SIZE.fullmatch(text)
    sides = (int(found[1]), int(found[2])) if found else (0, 0)
    if not all(side in _SIDES_PX for side in sides):
        raise InvalidInputError(
            f"SORTERBOT_INPUT_SIZE must be WIDTHxHEIGHT, each 16 to 4096, not {text!r}"
        )
    return sides
