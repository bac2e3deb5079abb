from __future__ import annotations

import pytest

from cli.faults.ledger import Ledger
from cli.faults.simulated.excuses import MAX_ATTEMPTS, declare_excused
from sorter.types import Arm
from storage.records import ImageRecord, SessionState
from tests.factories import (
    make_image_claim,
    make_ready_session,
    make_session,
    make_session_claim,
)
from tests.fake_store import FakeStore

ENOUGH = MAX_ATTEMPTS


class World:
    """A session of so many pictures, the first of which failed."""

    def __init__(self, n_images: int) -> None:
        self.store = FakeStore()
        session = make_session(self.store, n_images)
        self.session_id = session.session_id
        self.ledger = Ledger()
        self.ledger.note_session(self.session_id, Arm("arm-1"), 600.0)
        self.store.fail_image(make_image_claim(self.store, self.first.image_id), "struck")

    @property
    def first(self) -> ImageRecord:
        return self.store.load_images(self.session_id)[0]

    def excuse(self, harmed: dict[str, int]) -> tuple[set[float], frozenset[SessionState]]:
        """Return the positions that may fail, and the states in which the session may end."""
        declare_excused(self.ledger, self.store, harmed)
        entry = self.ledger.sessions[self.session_id]
        return entry.failing, entry.ends


def test_a_picture_over_which_processes_died_as_often_as_it_may_be_tried_may_fail() -> None:
    world = World(2)
    failing, ends = world.excuse({world.first.image_id: ENOUGH})
    assert failing == {world.first.position_pw}
    assert ends == {SessionState.PARTIAL}


@pytest.mark.parametrize("n_harmed", range(ENOUGH))
def test_one_that_was_struck_less_often_may_not(n_harmed: int) -> None:
    world = World(2)
    assert world.excuse({world.first.image_id: n_harmed}) == (set(), {SessionState.DONE})


def test_a_picture_that_was_read_is_never_declared_to_fail() -> None:
    world = World(2)
    second = world.store.load_images(world.session_id)[1]
    assert world.excuse({second.image_id: ENOUGH}) == (set(), {SessionState.DONE})


def test_a_session_may_fail_whose_pictures_all_may() -> None:
    world = World(1)
    world.store.seal_session(world.session_id)
    world.store.claim_session(world.session_id, "sort-1", dead_after_s=5, max_attempts=3)
    assert world.store.load_session(world.session_id).state is SessionState.FAILED
    _, ends = world.excuse({world.first.image_id: ENOUGH})
    assert ends == {SessionState.FAILED}


@pytest.mark.parametrize(("n_harmed", "may_fail"), [(ENOUGH - 1, False), (ENOUGH, True)])
def test_a_session_may_fail_over_which_processes_died_as_often(
    n_harmed: int, may_fail: bool
) -> None:
    store, ledger = FakeStore(), Ledger()
    session_id = make_ready_session(store).session_id
    store.fail_session(make_session_claim(store, session_id), "not sorted after 3 attempts")
    ledger.note_session(session_id, Arm("arm-1"), 600.0)
    declare_excused(ledger, store, {session_id: n_harmed})
    assert (SessionState.FAILED in ledger.sessions[session_id].ends) is may_fail
