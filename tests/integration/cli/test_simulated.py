"""The simulation on a real database: its time, its turns, and that it finds what is broken."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from cli.faults.findings import Harm
from cli.faults.simulated.database import Moment, VirtualDatabase
from cli.faults.simulated.odds import Odds
from cli.faults.simulated.run import Outcome, Simulation
from cli.faults.simulated.turns import Turns
from cli.services.postgres import PostgresServer
from sorter.errors import TransientError
from storage.models import ExplanationRow, SessionRow
from storage.records import SessionClaim
from storage.sql import sorting
from tests.factories import make_ready_session, make_session

pytestmark = pytest.mark.services

HARSH = Odds(error=0.05, delay=0.05, kill=0.002, freeze=0.004, lost=0.03, twice=0.2, empty=0.02)


@pytest.fixture
def database(postgres_server: PostgresServer) -> Iterator[VirtualDatabase]:
    database = VirtualDatabase(postgres_server, f"virtual_{secrets.token_hex(4)}")
    yield database
    database.close()


@pytest.fixture(scope="module")
def simulation(postgres_server: PostgresServer) -> Iterator[Simulation]:
    with Simulation(postgres_server, f"simulated_{secrets.token_hex(4)}") as simulation:
        yield simulation


def test_the_database_lives_in_virtual_time(database: VirtualDatabase) -> None:
    now_s = 0.0
    store = database.open(Moment(lambda: now_s, lambda: None), lambda: secrets.token_hex(16))
    session = make_session(store, deadline_s=600.0)
    store.beat("worker", "gpu")
    now_s = 599.0
    assert store.load_workers(alive_within_s=598.0) == []
    assert len(store.load_workers(alive_within_s=600.0)) == 1
    assert store.seal_overdue_sessions() == []
    now_s = 601.0
    sealed_at = store.seal_overdue_sessions()[0].sealed_at
    assert sealed_at is not None
    assert (sealed_at - session.opened_at).total_seconds() == pytest.approx(601.0)


def test_transactions_take_turns_and_a_lock_that_is_held_is_not_waited_for(
    database: VirtualDatabase,
) -> None:
    turns = Turns(np.random.default_rng(3))
    moment = Moment(lambda: turns.now_s, turns.pause)
    store = database.open(moment, lambda: secrets.token_hex(16))
    session_ids = [make_ready_session(store).session_id for _ in range(6)]
    won, refused, ended = list[str](), list[str](), list[str]()

    def claim(worker_id: str) -> None:
        for session_id in session_ids:
            try:
                claimed = store.claim_session(session_id, worker_id, dead_after_s=5, max_attempts=3)
            except TransientError:
                refused.append(session_id)
            else:
                won.extend([session_id] if claimed is not None else [])
        ended.append(worker_id)

    for worker_id in ("a", "b"):
        turns.start(worker_id, partial(claim, worker_id))
    turns.start("idle", partial(turns.sleep, 1e9))
    assert turns.run(lambda: len(ended) == 2, 1e8)
    turns.end_all()
    assert sorted(won) == sorted(session_ids)
    assert refused


@pytest.mark.parametrize("kill", [HARSH.kill, 10 * HARSH.kill])
def test_a_seed_comes_to_the_same_again(simulation: Simulation, kill: float) -> None:
    odds = replace(HARSH, kill=kill)
    once = simulation.run(7, odds)
    assert [simulation.run(7, odds) for _ in range(2)] == [once] * 2


def test_harsh_seeds_break_no_promise(simulation: Simulation) -> None:
    outcomes = [simulation.run(seed, HARSH) for seed in range(2)]
    assert [outcome.findings for outcome in outcomes] == [()] * 2
    assert sum(outcome.errors.total() for outcome in outcomes) > 10
    assert all(outcome.n_accepted >= 4 for outcome in outcomes)  # two robots, two pictures each


def test_without_the_sweeper_they_lose_pictures(simulation: Simulation) -> None:
    leaky = replace(HARSH, lost=0.3)
    runs = (simulation.run(n, leaky, has_sweeper=False, limit_s=40) for n in range(6))
    assert _is_found(Harm.LOST, runs)


def test_without_the_fence_they_sort_a_session_twice(
    simulation: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sorting, "_own", _anybodys)
    sleepy = replace(HARSH, freeze=0.03)
    assert _is_found(Harm.DOUBLED, (simulation.run(seed, sleepy) for seed in range(12)))


def _anybodys(db: Session, claim: SessionClaim) -> SessionRow | None:
    """Let whoever asks write the plan, as though nobody had ever lost a claim.

    How a plan came about is kept once for a session, which would stop the second writer, too.
    """
    db.execute(delete(ExplanationRow).where(ExplanationRow.session_id == claim.session.session_id))
    return db.get(SessionRow, claim.session.session_id)


def _is_found(harm: Harm, outcomes: Iterable[Outcome]) -> bool:
    """Whether any of them finds it; those after the first that does are not run."""
    return any(finding.harm is harm for outcome in outcomes for finding in outcome.findings)
