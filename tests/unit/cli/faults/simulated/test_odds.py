from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.faults.simulated.odds import Dice, Odds, draw_odds
from cli.faults.simulated.turns import Turns
from cli.faults.unreliable_store import AnswerLostError, NotHeardError


def _dice(odds: Odds, seed: int = 1) -> Dice:
    return Dice(Turns(np.random.default_rng(seed)), np.random.default_rng(seed), odds)


@given(st.integers(0, 1 << 30))
def test_each_seed_brings_errors_of_one_to_five_per_cent_and_no_impossible_chance(
    seed: int,
) -> None:
    odds = draw_odds(np.random.default_rng(seed))
    assert 0.01 <= odds.error <= 0.05
    assert all(0 <= chance < 1 for chance in astuple(odds))


def test_half_of_the_errors_come_before_the_work_and_half_after_it() -> None:
    dice = _dice(Odds(error=0.2))
    n_before = n_after = 0
    for _ in range(4000):
        try:
            dice.before("save_plan")
            dice.after("save_plan")
        except NotHeardError:
            n_before += 1
        except AnswerLostError:
            n_after += 1
    assert n_before == pytest.approx(400, rel=0.2)
    assert n_after == pytest.approx(400, rel=0.2)
    assert dice.calls == {"save_plan": 4000}
    assert dice.errors == {"save_plan": n_before + n_after}


def test_without_odds_nothing_is_struck() -> None:
    dice = _dice(Odds())
    for _ in range(100):
        dice.before("beat")
        dice.after("beat")
    assert not dice.errors
