"""The sort workers' side: the fence around a session."""

from __future__ import annotations

import json
from typing import Any

import pytest

from storage.ports import Store
from storage.records import SessionClaim, SessionState
from storage.rules import CLAIM_LEASE_S
from tests.contracts.memory import Memory
from tests.factories import (
    make_image_claim,
    make_plan,
    make_ready_session,
    make_session,
    make_session_claim,
    make_sorted_session,
)


def _claim(store: Store, session_id: str, worker_id: str = "sort-2") -> SessionClaim | None:
    return store.claim_session(session_id, worker_id, dead_after_s=5, max_attempts=3)


class SessionClaimsContract:
    def test_a_session_is_claimed_by_one_worker_at_a_time(self, memory: Memory) -> None:
        session_id = make_ready_session(memory.store).session_id
        claim = make_session_claim(memory.store, session_id)
        assert (claim.worker_id, claim.attempt) == ("sort-1", 1)
        assert claim.session == memory.store.load_session(session_id)
        assert claim.session.state is SessionState.SORTING
        assert _claim(memory.store, session_id, "sort-2") is None

    def test_whoever_claims_again_what_it_holds_gets_the_same_claim(self, memory: Memory) -> None:
        session_id = make_ready_session(memory.store).session_id
        lost_on_its_way = make_session_claim(memory.store, session_id)
        again = make_session_claim(memory.store, session_id)
        assert again == lost_on_its_way
        kinds = [event.kind for event in memory.store.load_events(session_id)]
        assert kinds.count("session.sorting") == 1
        assert memory.store.save_plan(again, make_plan())

    def test_an_unknown_session_cannot_be_claimed(self, memory: Memory) -> None:
        assert _claim(memory.store, "none") is None

    def test_an_open_session_cannot_be_claimed(self, memory: Memory) -> None:
        session = make_session(memory.store, 1)
        claim = make_image_claim(
            memory.store, memory.store.load_images(session.session_id)[0].image_id
        )
        memory.store.fail_image(claim, "bad")
        assert _claim(memory.store, session.session_id) is None
        assert memory.store.load_session(session.session_id).state is SessionState.OPEN

    @pytest.mark.parametrize("is_claimed", [False, True])
    def test_a_session_with_an_unfinished_picture_cannot_be_claimed(
        self, memory: Memory, is_claimed: bool
    ) -> None:
        session_id = make_session(memory.store, 1).session_id
        memory.store.seal_session(session_id)
        if is_claimed:
            make_image_claim(memory.store, memory.store.load_images(session_id)[0].image_id)
        assert _claim(memory.store, session_id) is None
        assert memory.store.load_session(session_id).state is SessionState.SEALED

    def test_a_plan_is_loaded_exactly_as_it_was_saved(self, memory: Memory) -> None:
        plan: dict[str, Any] = {
            "z": [0.1, 1e-7, 1e22, -0.0, 1.0, 7],
            "commands": [{"order": 0, "confidence": 1 / 3}],
            "a": {"b": None, "Ü": "§"},
        }
        session_id = make_ready_session(memory.store).session_id
        assert memory.store.save_plan(make_session_claim(memory.store, session_id), plan)
        assert json.dumps(memory.store.load_plan(session_id)) == json.dumps(plan)

    @pytest.mark.parametrize(("n_failed", "state"), [(0, "done"), (1, "partial")])
    def test_a_session_with_a_plan_is_done_or_partial_where_pictures_failed(
        self, memory: Memory, n_failed: int, state: str
    ) -> None:
        session_id = make_ready_session(memory.store, 2, n_failed).session_id
        memory.store.save_plan(make_session_claim(memory.store, session_id), make_plan())
        session = memory.store.load_session(session_id)
        assert (session.state, session.n_detected, session.n_failed) == (state, 2, n_failed)
        assert session.finished_at is not None
        assert session.state.is_final
        assert memory.kinds(session_id)[-1] == f"session.{state}"

    def test_a_session_with_too_few_readable_pictures_fails_and_says_so(
        self, memory: Memory
    ) -> None:
        session_id = make_ready_session(memory.store, 1, 2, min_images=2).session_id
        assert _claim(memory.store, session_id) is None
        session = memory.store.load_session(session_id)
        assert session.state is SessionState.FAILED
        assert session.failure == "1 of 3 pictures could be read, and at least 2 must be"
        assert memory.kinds(session_id)[-1] == "session.failed"

    def test_a_session_without_a_picture_fails(self, memory: Memory) -> None:
        session_id = make_ready_session(memory.store, 0).session_id
        assert _claim(memory.store, session_id) is None
        assert memory.store.load_session(session_id).state is SessionState.FAILED

    def test_a_session_that_cannot_be_sorted_says_why(self, memory: Memory) -> None:
        session_id = make_ready_session(memory.store).session_id
        claim = make_session_claim(memory.store, session_id)
        assert memory.store.fail_session(claim, "no\x00 way")
        session = memory.store.load_session(session_id)
        assert (session.state, session.failure) == (SessionState.FAILED, "no? way")
        assert memory.store.load_plan(session_id) is None

    def test_a_session_that_is_over_cannot_be_claimed(self, memory: Memory) -> None:
        session = make_sorted_session(memory.store)
        memory.let_pass(10_000)
        assert _claim(memory.store, session.session_id) is None
        assert memory.kinds(session.session_id)[-1] == "session.done"


class LostSessionClaimsContract:
    def test_the_session_of_a_silent_worker_can_be_claimed_by_another(self, memory: Memory) -> None:
        session_id = make_ready_session(memory.store).session_id
        memory.store.beat("sort-1", "sort")
        make_session_claim(memory.store, session_id, "sort-1")
        memory.let_pass(4)
        assert _claim(memory.store, session_id) is None
        memory.let_pass(2)
        claim = _claim(memory.store, session_id)
        assert claim is not None
        assert (claim.worker_id, claim.attempt) == ("sort-2", 2)

    def test_a_claim_lasts_while_its_worker_lives_but_not_beyond_its_lease(
        self, memory: Memory
    ) -> None:
        session_id = make_ready_session(memory.store).session_id
        make_session_claim(memory.store, session_id, "sort-1")
        memory.let_pass(CLAIM_LEASE_S - 10)
        memory.store.beat("sort-1", "sort")
        assert _claim(memory.store, session_id) is None
        memory.let_pass(20)
        memory.store.beat("sort-1", "sort")
        assert _claim(memory.store, session_id) is not None

    @pytest.mark.parametrize("new_owner", ["sort-2", "sort-1"])
    @pytest.mark.parametrize("act", ["save", "fail", "release"])
    def test_whoever_lost_a_claim_changes_nothing(
        self, memory: Memory, act: str, new_owner: str
    ) -> None:
        store, session_id = memory.store, make_ready_session(memory.store).session_id
        stale = make_session_claim(store, session_id, "sort-1")
        memory.let_pass(6)
        make_session_claim(store, session_id, new_owner)
        before = (store.load_session(session_id), memory.kinds(session_id))
        acts = {
            "save": lambda: store.save_plan(stale, make_plan()),
            "fail": lambda: store.fail_session(stale, "bad"),
            "release": lambda: store.release_session(stale),
        }
        assert acts[act]() is False
        assert (store.load_session(session_id), memory.kinds(session_id)) == before
        assert store.load_plan(session_id) is None

    def test_saving_twice_under_one_claim_keeps_the_first_plan(self, memory: Memory) -> None:
        store, session_id = memory.store, make_ready_session(memory.store).session_id
        claim = make_session_claim(store, session_id)
        assert store.save_plan(claim, make_plan(3))
        assert not store.save_plan(claim, make_plan(1))
        assert not store.fail_session(claim, "late")
        assert store.load_plan(session_id) == make_plan(3)

    def test_a_released_session_can_be_claimed_at_once_and_its_attempt_stays_counted(
        self, memory: Memory
    ) -> None:
        store, session_id = memory.store, make_ready_session(memory.store).session_id
        assert store.release_session(make_session_claim(store, session_id, "sort-1"))
        assert store.load_session(session_id).state is SessionState.SEALED
        assert make_session_claim(store, session_id, "sort-2").attempt == 2

    def test_a_session_given_back_uncounted_uses_up_no_attempt(self, memory: Memory) -> None:
        store, session_id = memory.store, make_ready_session(memory.store).session_id
        for worker_id in ("sort-1", "sort-2", "sort-3", "sort-4"):
            claim = make_session_claim(store, session_id, worker_id)
            assert claim.attempt == 1
            assert store.release_session(claim, is_counted=False)
            assert not store.save_plan(claim, make_plan(1))

    def test_a_session_that_used_up_its_attempts_fails(self, memory: Memory) -> None:
        store, session_id = memory.store, make_ready_session(memory.store).session_id
        for _ in range(3):
            make_session_claim(store, session_id)
            memory.let_pass(6)
        assert _claim(store, session_id) is None
        assert store.load_session(session_id).failure == "not sorted after 3 attempts"
