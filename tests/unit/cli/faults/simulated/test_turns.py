from __future__ import annotations

import threading
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.faults.simulated.turns import ActorError, Turns

NEVER = 1e9
SEEDS = st.integers(0, 1 << 30)


def _turns(seed: int = 1) -> Turns:
    return Turns(np.random.default_rng(seed))


def _let_tick(turns: Turns) -> None:
    """Let somebody wake every tenth of a second, so that time does not jump."""

    def tick() -> None:
        while True:
            turns.sleep(0.1)

    turns.start("clock", tick)


def _order(seed: int, n_actors: int = 3, n_turns: int = 4) -> list[int]:
    """Return who had each turn, in a run of actors that do nothing but pause."""
    turns, order = _turns(seed), list[int]()

    def work(number: int) -> None:
        for _ in range(n_turns):
            order.append(number)
            turns.pause()

    for number in range(n_actors):
        turns.start(str(number), partial(work, number))
    turns.run(lambda: len(order) == n_actors * n_turns, NEVER)
    turns.end_all()
    return order


@settings(max_examples=10)
@given(SEEDS)
def test_one_seed_gives_one_order_and_everybody_a_turn(seed: int) -> None:
    order = _order(seed)
    assert order == _order(seed)
    assert sorted(order) == [0] * 4 + [1] * 4 + [2] * 4


def test_different_seeds_give_different_orders() -> None:
    assert len({tuple(_order(seed)) for seed in range(8)}) > 4


def test_nobody_else_works_until_a_turn_is_given_away() -> None:
    turns, inside, most = _turns(), 0, 0

    def work() -> None:
        nonlocal inside, most
        for _ in range(20):
            inside += 1
            most = max(most, inside)
            inside -= 1
            turns.pause()

    for number in range(4):
        turns.start(str(number), work)
    turns.run(lambda: turns.now_s > 1, limit_s=0.01)
    turns.end_all()
    assert most == 1


@settings(max_examples=10)
@given(SEEDS, st.lists(st.floats(0.1, 1000), min_size=1, max_size=5, unique=True))
def test_sleepers_wake_in_the_order_of_their_times_and_not_before(
    seed: int, naps_s: list[float]
) -> None:
    turns, woken = _turns(seed), list[tuple[float, float]]()

    def work(nap_s: float) -> None:
        began_s = turns.now_s
        turns.sleep(nap_s)
        woken.append((nap_s, turns.now_s - began_s))

    for nap_s in naps_s:
        turns.start(str(nap_s), partial(work, nap_s))
    turns.start("idle", lambda: turns.sleep(NEVER))
    assert turns.run(lambda: len(woken) == len(naps_s), NEVER)
    turns.end_all()
    assert all(slept_s >= nap_s for nap_s, slept_s in woken)


def test_a_run_ends_at_its_limit_where_its_condition_never_holds() -> None:
    turns = _turns()
    turns.start("idle", lambda: turns.sleep(10.0))
    turns.start("later", lambda: turns.sleep(1000.0))
    assert not turns.run(lambda: False, limit_s=100.0)
    turns.end_all()


def test_who_is_killed_does_nothing_more_and_mends_nothing() -> None:
    turns, done = _turns(), list[str]()

    def work() -> None:
        try:
            turns.sleep(1.0)
            done.append("after")
        except Exception:  # noqa: BLE001  # as the code under test does
            done.append("mended")

    victim = turns.start("victim", work)
    _let_tick(turns)
    turns.run(lambda: turns.now_s > 0.5, limit_s=0.6)
    turns.kill(victim)
    turns.run(lambda: turns.now_s > 5, limit_s=5)
    turns.end_all()
    assert done == []


def test_who_is_killed_still_rolls_back_without_a_turn() -> None:
    turns, done = _turns(), list[str]()

    def work() -> None:
        try:
            turns.sleep(NEVER)
        finally:
            turns.pause()
            done.append("rolled back")

    turns.start("victim", work)
    _let_tick(turns)
    turns.run(lambda: turns.now_s > 0.5, limit_s=0.6)
    turns.end_all()
    assert done == ["rolled back"]


def test_who_is_frozen_sleeps_on_that_much_longer() -> None:
    turns, woken_at_s = _turns(), list[float]()

    def work() -> None:
        turns.sleep(1.0)
        woken_at_s.append(turns.now_s)

    frozen = turns.start("frozen", work)
    turns.start("idle", lambda: turns.sleep(NEVER))
    turns.run(lambda: frozen.wakes_at_s >= 1.0, limit_s=0.5)
    turns.freeze(frozen, 20.0)
    turns.run(lambda: bool(woken_at_s), NEVER)
    turns.end_all()
    assert woken_at_s[0] >= 21.0


def test_an_error_of_an_actor_ends_the_run() -> None:
    turns = _turns()
    turns.start("faulty", lambda: 1 / 0)  # type: ignore[arg-type, return-value]
    _let_tick(turns)
    with pytest.raises(ActorError, match="ZeroDivisionError"):
        turns.run(lambda: False, limit_s=1.0)
    assert turns.run(lambda: turns.now_s > 5, limit_s=6)
    turns.end_all()


def test_an_actor_that_waits_for_another_is_noticed() -> None:
    turns = Turns(np.random.default_rng(1), standstill_s=0.05)
    never = threading.Event()
    turns.start("stuck", lambda: never.wait(5.0))  # type: ignore[arg-type, return-value]
    with pytest.raises(RuntimeError, match="stands still"):
        turns.run(lambda: False, limit_s=1.0)
    never.set()


def test_outside_of_any_actor_nobody_waits() -> None:
    turns = _turns()
    turns.pause()
    assert turns.now_s == 0
