"""How the suite is run, as its command is told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sorter.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class RunSettings:
    """How the suite is run.

    Attributes:
        folder: Holds a folder for each site.
        patience_s: How long, after the faults, sessions are given to end.
        has_sweeper: False shows that the suite can fail: nothing repairs then.
        minutes: How long a soak lasts.
    """

    folder: Path
    seed: int
    n_sessions: int
    is_short: bool = False
    patience_s: float = 120.0
    has_sweeper: bool = True
    minutes: float = 10.0

    def __post_init__(self) -> None:
        if self.n_sessions < 1 or self.seed < 0 or min(self.patience_s, self.minutes) <= 0:
            raise InvalidInputError(
                "sessions, patience and minutes lie above 0, and a seed not below it"
            )

    def document(self) -> dict[str, Any]:
        """Return what decides the result, as JSON has it."""
        return {
            "seed": self.seed,
            "sessions": self.n_sessions,
            "is_short": self.is_short,
            "patience_s": self.patience_s,
            "has_sweeper": self.has_sweeper,
            "minutes": self.minutes,
        }
