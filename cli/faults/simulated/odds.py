"""How often what goes wrong in a simulated run, and the dice that decide it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from cli.faults.simulated.turns import Turns
from cli.faults.unreliable_store import AnswerLostError, NotHeardError

LONGEST_DELAY_S = 8.0
"""Longer than a worker may be silent, so that some who wait for an answer are taken for dead."""


@dataclass(frozen=True, slots=True)
class Odds:
    """Chances, each between 0 and 1.

    Attributes:
        error: Of each call of a store or broker, half of them before and half after its work.
        delay: Of each call.
        kill: Of each turn in which a process is at work, to be its last.
        freeze: Of each such turn, to be followed by a standstill.
        lost: Of each message that is handed out.
        twice: Likewise.
        empty: Of each second, to find the broker emptied.
    """

    error: float = 0.0
    delay: float = 0.0
    kill: float = 0.0
    freeze: float = 0.0
    lost: float = 0.0
    twice: float = 0.0
    empty: float = 0.0


def draw_odds(rng: np.random.Generator) -> Odds:
    """Return what one seed's run has to bear: errors of 1 to 5%, and some of everything else."""
    return Odds(
        error=float(rng.uniform(0.01, 0.05)),
        delay=float(rng.uniform(0.01, 0.05)),
        kill=float(rng.choice([0.0, 0.002, 0.005])),
        freeze=float(rng.choice([0.0, 0.005, 0.015])),
        lost=float(rng.choice([0.0, 0.01, 0.03])),
        twice=float(rng.choice([0.0, 0.05, 0.2])),
        empty=float(rng.choice([0.0, 0.05])),
    )


class Dice:
    """:class:`cli.faults.unreliable_store.Strikes` by the seed, with a count of what was struck."""

    def __init__(self, turns: Turns, rng: np.random.Generator, odds: Odds) -> None:
        self._turns = turns
        self._rng = rng
        self._odds = odds
        self.calls: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()

    def before(self, method: str) -> None:
        """Pass time, long at times, and fail a call that then was never made."""
        self.calls[method] += 1
        is_long = self._rng.random() < self._odds.delay
        self._turns.sleep(float(self._rng.uniform(0, LONGEST_DELAY_S)) if is_long else 0.0)
        if self._rng.random() < self._odds.error / 2:
            self.errors[method] += 1
            raise NotHeardError(f"{method}: the dice kept the call from arriving")

    def after(self, method: str) -> None:
        """Lose the answer of a call that was made."""
        self._turns.pause()
        if self._rng.random() < self._odds.error / 2:
            self.errors[method] += 1
            raise AnswerLostError(f"{method}: the dice took the answer away")
