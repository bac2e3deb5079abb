"""What any store promises of the fleet, the history and tried pictures."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sorter.errors import InvalidInputError, NotFoundError
from sorter.types import Arm
from storage.overview import N_HOURS, TRY_ARM_ID, SessionFilter
from storage.records import SessionState
from tests.contracts.memory import Memory
from tests.factories import (
    make_detections,
    make_image_claim,
    make_new_image,
    make_ready_session,
    make_session,
)

EVERYTHING = SessionFilter()
HOUR_S = 3600.0


def make_tried(memory: Memory, n_images: int = 1) -> str:
    """Let an operator try a picture, and return the session's id."""
    memory.store.save_arm(Arm(TRY_ARM_ID))
    session, _ = memory.store.open_session(
        TRY_ARM_ID,
        expected_images=None,
        min_images=1,
        deadline_s=86_400,
        idempotency_key=None,
        request_id=None,
    )
    for _ in range(n_images):
        memory.store.accept_image(session.session_id, make_new_image(), None)
    return session.session_id


class OverviewContract:
    def test_an_arm_that_did_nothing_yet_is_shown_all_the_same(self, memory: Memory) -> None:
        memory.store.save_arm(Arm("arm-1"))
        (arm,) = memory.store.load_arms_now()
        assert (arm.arm_id, arm.n_unfinished) == ("arm-1", 0)
        assert (arm.last_picture_s, arm.newest_session_id, arm.quiet_s) == (None, None, None)

    def test_an_arms_last_picture_ages_until_the_next_one_comes(self, memory: Memory) -> None:
        first = make_session(memory.store, 2)
        memory.let_pass(100)
        (arm,) = memory.store.load_arms_now()
        assert arm.last_picture_s == pytest.approx(100, abs=30)
        assert arm.newest_session_id == first.session_id
        memory.store.accept_image(first.session_id, make_new_image(1800.0), None)
        (arm,) = memory.store.load_arms_now()
        assert arm.last_picture_s == pytest.approx(0, abs=30)

    def test_an_arm_is_quiet_since_its_open_session_had_a_picture_or_was_opened(
        self, memory: Memory
    ) -> None:
        session = make_session(memory.store)
        memory.let_pass(200)
        assert memory.store.load_arms_now()[0].quiet_s == pytest.approx(200, abs=30)
        memory.store.accept_image(session.session_id, make_new_image(), None)
        memory.let_pass(100)
        assert memory.store.load_arms_now()[0].quiet_s == pytest.approx(100, abs=30)
        memory.store.seal_session(session.session_id)
        assert memory.store.load_arms_now()[0].quiet_s is None

    def test_a_session_left_open_does_not_make_an_arm_quiet_that_began_another(
        self, memory: Memory
    ) -> None:
        make_session(memory.store)
        memory.let_pass(500)
        make_ready_session(memory.store)
        (arm,) = memory.store.load_arms_now()
        assert arm.quiet_s is None
        assert arm.n_unfinished == 2

    def test_the_days_pictures_are_counted_by_the_hour_and_older_ones_are_not(
        self, memory: Memory
    ) -> None:
        make_ready_session(memory.store, n_detected=1)
        memory.let_pass(22.5 * HOUR_S)
        make_ready_session(memory.store, n_detected=2, n_failed=1)
        memory.let_pass(2.5 * HOUR_S)
        make_session(memory.store, 4)
        (hours,) = memory.store.load_arm_hours()
        assert hours.arm_id == "arm-1"
        assert len(hours.received) == len(hours.failed) == N_HOURS
        assert (hours.received[-1], hours.received[-3]) == (4, 3)
        assert (sum(hours.received), list(hours.failed).index(1)) == (7, N_HOURS - 3)
        assert hours.error_rate == pytest.approx(1 / 7)

    def test_times_tell_when_a_picture_came_and_who_read_it_and_leave_out_what_is_long_done(
        self, memory: Memory
    ) -> None:
        make_ready_session(memory.store)
        memory.let_pass(1000)
        session = make_session(memory.store, 2)
        read, waiting = memory.store.load_images(session.session_id)
        claim = make_image_claim(memory.store, read.image_id, "gpu-7")
        memory.store.save_detections(claim, make_detections(), "d@1")
        first, second = memory.store.load_picture_times(600, 100)
        assert (first.received_at, second.received_at) == (read.received_at, waiting.received_at)
        assert first.worker_id == "gpu-7"
        assert first.claimed_at is not None
        assert first.finished_at is not None
        assert first.received_at <= first.claimed_at <= first.finished_at
        assert (second.claimed_at, second.finished_at, second.worker_id) == (None, None, None)
        assert memory.store.load_picture_times(600, 1) == [second]

    def test_pages_of_the_history_hold_every_session_once_the_newest_first(
        self, memory: Memory
    ) -> None:
        made = [make_session(memory.store).session_id for _ in range(5)]
        seen: list[str] = []
        while page := memory.store.find_history(EVERYTHING, seen[-1] if seen else None, 2):
            seen += [session.session_id for session in page]
            make_session(memory.store)  # what comes meanwhile moves no page
        assert seen == made[::-1]

    def test_the_history_after_a_session_that_is_gone_is_not_found(self, memory: Memory) -> None:
        with pytest.raises(NotFoundError):
            memory.store.find_history(EVERYTHING, "gone", 2)

    def test_the_history_holds_what_fits_every_part_of_the_filter(self, memory: Memory) -> None:
        store = memory.store
        early = make_session(store)
        memory.let_pass(HOUR_S)
        late = make_ready_session(store)
        opened_at = store.load_session(early.session_id).opened_at
        noon = opened_at + timedelta(seconds=HOUR_S / 2)

        def found(**which: object) -> list[str]:
            sessions = store.find_history(SessionFilter(**which), None, 10)  # type: ignore[arg-type]
            return [session.session_id for session in sessions]

        both = [late.session_id, early.session_id]
        assert found() == found(arm_id="arm-1") == both
        assert found(arm_id="arm-2") == found(state=SessionState.DONE) == []
        assert found(state=SessionState.SEALED) == found(opened_from=noon) == both[:1]
        assert (
            found(opened_before=noon)
            == found(opened_from=opened_at, opened_before=noon)
            == both[1:]
        )
        assert found(id_prefix=late.session_id) == both[:1]
        assert found(id_prefix=late.session_id, state=SessionState.OPEN) == []
        assert found(id_prefix="%") == found(id_prefix="_") == []

    @pytest.mark.parametrize("name", ["id_prefix", "arm_id"])
    def test_what_no_text_may_hold_is_refused(self, memory: Memory, name: str) -> None:
        with pytest.raises(InvalidInputError):
            memory.store.find_history(SessionFilter(**{name: "\x00"}), None, 2)  # type: ignore[arg-type]

    def test_what_is_tried_is_no_part_of_fleet_or_history(self, memory: Memory) -> None:
        make_tried(memory)
        assert memory.store.load_arms_now() == []
        assert memory.store.load_arm_hours() == []
        assert memory.store.find_history(EVERYTHING, None, 10) == []

    def test_what_was_tried_is_listed_once_it_is_old_and_deleted_without_a_trace(
        self, memory: Memory
    ) -> None:
        store = memory.store
        old, empty = make_tried(memory), make_tried(memory, n_images=0)
        (image,) = store.load_images(old)
        claim = make_image_claim(store, image.image_id)
        store.save_detections(claim, make_detections(), "d@1")
        memory.let_pass(2 * HOUR_S)
        young = make_tried(memory)
        tried = {one.session_id: one.keys for one in store.load_tried(HOUR_S)}
        assert tried == {old: (image.key,), empty: ()}
        for session_id in [*tried, old]:
            store.delete_tried(session_id)
        assert store.load_tried(HOUR_S) == []
        with pytest.raises(NotFoundError):
            store.load_session(old)
        assert store.load_session(young).n_images == 1

    def test_a_robots_session_is_never_deleted_as_a_tried_one(self, memory: Memory) -> None:
        session = make_session(memory.store, 1)
        memory.store.delete_tried(session.session_id)
        assert memory.store.load_session(session.session_id).n_images == 1
