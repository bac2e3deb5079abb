"""What holds when eight threads do the same thing at the same time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from threading import Event as Signal
from threading import Thread
from typing import Any

import pytest

from sorter.errors import ConflictError
from sorter.types import Arm
from storage.records import Acceptance, ImageClaim, SessionClaim, SessionState
from storage.sql_store import SqlStore
from tests.contracts.memory import Memory
from tests.factories import (
    make_detections,
    make_image_claim,
    make_new_image,
    make_plan,
    make_ready_session,
    make_session,
    make_session_claim,
)
from tests.integration.storage.races import at_once

pytestmark = pytest.mark.services

N = 8
ROUNDS = 5


@pytest.fixture(params=range(ROUNDS))
def round_number(request: pytest.FixtureRequest) -> int:
    """A race is run several times: one run that goes well shows little."""
    return int(request.param)


def _claim_session(store: SqlStore, session_id: str, worker_id: str) -> SessionClaim | None:
    return store.claim_session(session_id, worker_id, dead_after_s=5, max_attempts=3)


def test_a_session_is_opened_once_under_one_idempotency_key(
    store: SqlStore, round_number: int
) -> None:
    store.save_arm(Arm("arm-1"))
    parameters: dict[str, Any] = {
        "expected_images": 3,
        "min_images": 1,
        "deadline_s": 60.0,
        "idempotency_key": "once",
        "request_id": None,
    }
    opened = at_once([partial(store.open_session, "arm-1", **parameters)] * N)
    assert len({session.session_id for session, _ in opened}) == 1
    assert sum(is_new for _, is_new in opened) == 1
    assert len(store.load_events(opened[0][0].session_id)) == 1


def test_the_same_picture_is_taken_in_once(store: SqlStore, round_number: int) -> None:
    session_id = make_session(store, expected_images=1).session_id
    taken = at_once([partial(store.accept_image, session_id, make_new_image(), None)] * N)
    assert len({acceptance.image.image_id for acceptance in taken}) == 1
    assert sum(acceptance.is_new for acceptance in taken) == 1
    assert sum(acceptance.has_sealed for acceptance in taken) == 1


def test_pictures_that_come_together_are_numbered_without_gaps_and_the_last_seals(
    store: SqlStore, round_number: int
) -> None:
    session_id = make_session(store, expected_images=N).session_id
    calls = [
        partial(store.accept_image, session_id, make_new_image(1000.0 + index), None)
        for index in range(N)
    ]
    taken = at_once(calls)
    assert sorted(acceptance.image.index for acceptance in taken) == list(range(N))
    (last,) = [acceptance for acceptance in taken if acceptance.has_sealed]
    assert last.image.index == N - 1


def test_more_pictures_than_were_expected_never_get_in(store: SqlStore, round_number: int) -> None:
    session_id = make_session(store, expected_images=3).session_id

    def offer(position_pw: float) -> Acceptance | None:
        try:
            return store.accept_image(session_id, make_new_image(position_pw), None)
        except ConflictError:
            return None

    taken = at_once([partial(offer, 1000.0 + index) for index in range(N)])
    assert sum(acceptance is not None for acceptance in taken) == 3
    assert store.load_session(session_id).n_images == 3


def test_what_is_told_at_sealing_is_what_was_taken_in(store: SqlStore, round_number: int) -> None:
    session_id = make_session(store).session_id

    def offer(position_pw: float) -> bool:
        try:
            store.accept_image(session_id, make_new_image(position_pw), None)
        except ConflictError:
            return False
        return True

    calls = [partial(offer, 1000.0 + index) for index in range(N - 1)]
    seal = lambda: store.seal_session(session_id)[1]  # noqa: E731 - one of the calls
    *taken, has_sealed = at_once([*calls, seal])
    assert has_sealed
    assert store.load_session(session_id).n_images == sum(taken)
    last = store.load_events(session_id)[-1]
    assert (last.kind, last.data["n_images"]) == ("session.sealed", sum(taken))


def test_a_session_is_sealed_by_one_of_all_who_try(store: SqlStore, round_number: int) -> None:
    session_id = make_session(store, 2).session_id
    sealed = at_once([partial(store.seal_session, session_id)] * N)
    assert sum(has_sealed for _, has_sealed in sealed) == 1
    assert {session.state for session, _ in sealed} == {SessionState.SEALED}


def test_a_picture_is_claimed_by_one_of_all_who_try(store: SqlStore, round_number: int) -> None:
    session_id = make_session(store, 1).session_id
    (image,) = store.load_images(session_id)

    def claim(worker: int) -> ImageClaim | None:
        return store.claim_image(image.image_id, f"gpu-{worker}", dead_after_s=5, max_attempts=3)

    claims = at_once([partial(claim, worker) for worker in range(N)])
    assert sum(claim is not None for claim in claims) == 1


def test_a_session_is_claimed_by_one_of_all_who_try(store: SqlStore, round_number: int) -> None:
    session_id = make_ready_session(store).session_id
    calls = [partial(_claim_session, store, session_id, f"sort-{worker}") for worker in range(N)]
    assert sum(claim is not None for claim in at_once(calls)) == 1


def test_whoever_ends_the_last_picture_finds_the_session_ready_and_one_gets_it(
    store: SqlStore, round_number: int
) -> None:
    """Each worker ends its picture and asks for the session at once; none may be missed."""
    session_id = make_session(store, N, expected_images=N).session_id
    claims = [make_image_claim(store, image.image_id) for image in store.load_images(session_id)]

    def end_and_ask(claim: ImageClaim) -> SessionClaim | None:
        if claim.image.index % 3:
            assert store.save_detections(claim, make_detections(), "detector@1")
        else:
            assert store.fail_image(claim, "bad")
        return _claim_session(store, session_id, f"sort-{claim.image.index}")

    got = at_once([partial(end_and_ask, claim) for claim in claims])
    (winner,) = [claim for claim in got if claim is not None]
    assert (winner.session.n_detected, winner.session.n_failed) == (5, 3)


def test_only_the_owner_of_a_claim_saves_when_a_stale_owner_wakes_up(
    memory: Memory, round_number: int
) -> None:
    store = memory.store
    session_id = make_ready_session(store).session_id
    owners = []
    for worker in range(3):
        owners.append(make_session_claim(store, session_id, f"sort-{worker}"))
        memory.let_pass(6)
    calls = [partial(store.save_plan, owner, make_plan(owner.attempt)) for owner in owners]
    assert at_once(calls) == [False, False, True]
    assert store.load_plan(session_id) == make_plan(3)


def test_sweepers_that_run_together_seal_and_fail_everything_once(
    memory: Memory, round_number: int
) -> None:
    store = memory.store
    ids = {make_session(store, 2, deadline_s=1.0).session_id for _ in range(5)}
    memory.let_pass(10)
    sealed = [s for found in at_once([store.seal_overdue_sessions] * 4) for s in found]
    assert sorted(session.session_id for session in sealed) == sorted(ids)
    failed = [i for found in at_once([partial(store.fail_overdue_images, 5)] * 4) for i in found]
    assert len({image.image_id for image in failed}) == len(failed) == 10


def test_workers_robots_and_sweepers_never_lock_one_another_out(store: SqlStore) -> None:
    """Everything that locks, against the same session, for a while: no deadlock, no timeout."""
    session_id = make_session(store, 4).session_id
    images = store.load_images(session_id)

    def work(image_id: str) -> None:
        for _ in range(6):
            claim = store.claim_image(image_id, "gpu-1", dead_after_s=0, max_attempts=100)
            if claim is not None:
                store.release_image(claim)

    def repeat() -> None:
        for image in images:
            store.accept_image(session_id, make_new_image(image.position_pw), None)
            store.mark_published(image.image_id)

    def sweep() -> None:
        for _ in range(6):
            store.seal_overdue_sessions()
            store.fail_overdue_images(0)

    at_once([*[partial(work, image.image_id) for image in images], repeat, repeat, sweep, sweep])
    assert store.load_session(session_id).n_images == 4


def test_a_reader_that_follows_the_events_misses_none(store: SqlStore) -> None:
    """Numbers are given out before they are committed; a reader must never see them swapped."""
    session_id = make_session(store).session_id
    seen: list[int] = []
    is_over = Signal()

    def follow() -> None:
        while True:
            was_over = is_over.is_set()
            events = store.load_events(session_id, after_id=seen[-1] if seen else 0)
            seen.extend(event.event_id for event in events)
            if was_over:
                return

    reader = Thread(target=follow)
    reader.start()
    for batch in _batches(36):
        news = [make_new_image(position_pw) for position_pw in batch]
        taken = at_once([partial(store.accept_image, session_id, new, None) for new in news])
        claims = [make_image_claim(store, acceptance.image.image_id) for acceptance in taken]
        assert all(at_once([partial(store.fail_image, claim, "bad") for claim in claims]))
    is_over.set()
    reader.join(10)
    assert seen == [event.event_id for event in store.load_events(session_id)]
    assert len(seen) == 1 + 2 * 36


def _batches(n: int, size: int = 6) -> Iterator[list[float]]:
    for start in range(0, n, size):
        yield [1000.0 + index for index in range(start, start + size)]
