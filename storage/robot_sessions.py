"""How sessions are called that a robot names itself, as robots of the original SorterBot do.

A panel hands out names such as ``S12``, and may hand one out again when it was emptied. So each run
under a name has a number, and the pictures that were taken after it have a session of their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Self

from sorter.errors import InvalidInputError

NAME_PATTERN = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_KEY = re.compile(r"robot/([A-Za-z0-9_-]{1,64})/(before|after)/([1-9]\d{0,8})", re.ASCII)


@dataclass(frozen=True, slots=True)
class RobotSession:
    """One run under a robot's own name for its session.

    Attributes:
        name: The panel's, such as ``S12``; one arm's alone.
        number: Of the run under this name, from 1.
        is_after: Whether its pictures show the table after the commands were carried out.
    """

    name: str
    number: int = 1
    is_after: bool = False

    def __post_init__(self) -> None:
        if not NAME_PATTERN.fullmatch(self.name) or not 1 <= self.number < 10**9:
            raise InvalidInputError(f"no robot calls a session {self.name[:100]!r}")

    @property
    def key(self) -> str:
        """The idempotency key under which the session is opened."""
        return f"{self.prefix}{self.number}"

    @property
    def prefix(self) -> str:
        """How the keys of all runs under this name begin."""
        return f"robot/{self.name}/{'after' if self.is_after else 'before'}/"

    @property
    def after(self) -> Self:
        """The session of the pictures that were taken after this one's commands."""
        return replace(self, is_after=True)

    @property
    def before(self) -> Self:
        """The session whose commands were carried out."""
        return replace(self, is_after=False)

    @classmethod
    def from_key(cls, key: str | None) -> Self | None:
        """Return what a session's idempotency key says; ``None`` where no robot named it."""
        match = _KEY.fullmatch(key or "")
        return None if match is None else cls(match[1], int(match[3]), match[2] == "after")
