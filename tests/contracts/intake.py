"""The robot's side: sessions, pictures, sealing, outcomes and events."""

from __future__ import annotations

from typing import Any

import pytest

from sorter.errors import ConflictError, InvalidInputError, NotFoundError
from sorter.types import Arm, ArmGeometry
from storage.ports import Store
from storage.records import Backlog, ImageClaim, ImageState, Outcome, SessionState
from tests.contracts.memory import Memory
from tests.factories import (
    JPEG,
    PNG,
    make_detections,
    make_image_claim,
    make_new_image,
    make_session,
    make_session_claim,
    make_sorted_session,
)

OPENING: dict[str, Any] = {
    "expected_images": 5,
    "min_images": 2,
    "deadline_s": 60.0,
    "idempotency_key": "once",
    "request_id": "r-1",
}


class OpeningContract:
    def test_a_session_starts_open_and_without_pictures(self, memory: Memory) -> None:
        memory.store.save_arm(Arm("arm-1"))
        session, is_new = memory.store.open_session("arm-1", **OPENING)
        assert is_new
        assert session == memory.store.load_session(session.session_id)
        assert (session.state, session.expected_images, session.min_images) == ("open", 5, 2)
        assert (session.n_images, session.n_detected, session.n_failed) == (0, 0, 0)
        assert session.request_id == "r-1"
        lasts_s = (session.deadline_at - session.opened_at).total_seconds()
        assert lasts_s == pytest.approx(60, abs=0.1)

    def test_a_session_keeps_the_arm_as_it_was_when_it_was_opened(self, memory: Memory) -> None:
        session = make_session(memory.store)
        memory.store.save_arm(Arm("arm-1", ArmGeometry(radius_px=1600)))
        assert memory.store.load_session(session.session_id).arm == Arm("arm-1")

    def test_the_same_idempotency_key_returns_the_same_session(self, memory: Memory) -> None:
        memory.store.save_arm(Arm("arm-1"))
        first, _ = memory.store.open_session("arm-1", **OPENING)
        memory.store.accept_image(first.session_id, make_new_image(), None)
        again, is_new = memory.store.open_session("arm-1", **OPENING)
        assert not is_new
        assert again == memory.store.load_session(first.session_id)
        assert memory.kinds(first.session_id).count("session.opened") == 1

    @pytest.mark.parametrize(
        "other", [{"expected_images": None}, {"min_images": 1}, {"deadline_s": 61.0}]
    )
    def test_an_idempotency_key_with_other_parameters_is_refused(
        self, memory: Memory, other: dict[str, Any]
    ) -> None:
        memory.store.save_arm(Arm("arm-1"))
        memory.store.open_session("arm-1", **OPENING)
        with pytest.raises(ConflictError):
            memory.store.open_session("arm-1", **(OPENING | other))

    def test_idempotency_keys_of_two_arms_have_nothing_to_do_with_each_other(
        self, memory: Memory
    ) -> None:
        for arm_id in ("arm-1", "arm-2"):
            memory.store.save_arm(Arm(arm_id))
            assert memory.store.open_session(arm_id, **OPENING)[1]

    def test_without_an_idempotency_key_every_opening_is_another_session(
        self, memory: Memory
    ) -> None:
        sessions = [make_session(memory.store) for _ in range(2)]
        assert sessions[0].session_id != sessions[1].session_id

    @pytest.mark.parametrize(
        "wrong",
        [
            {"expected_images": 0},
            {"min_images": 0},
            {"deadline_s": 0.0},
            {"deadline_s": float("nan")},
            {"deadline_s": 1e300},
            {"idempotency_key": "a\x00b"},
            {"idempotency_key": "\ud800"},
        ],
    )
    def test_a_session_with_impossible_parameters_is_refused(
        self, memory: Memory, wrong: dict[str, Any]
    ) -> None:
        memory.store.save_arm(Arm("arm-1"))
        with pytest.raises(InvalidInputError):
            memory.store.open_session("arm-1", **(OPENING | wrong))

    def test_whatever_names_an_unknown_arm_or_session_is_not_found(self, memory: Memory) -> None:
        store = memory.store
        for call in (
            lambda: store.open_session("nobody", **OPENING),
            lambda: store.load_session("none"),
            lambda: store.load_images("none"),
            lambda: store.load_plan("none"),
            lambda: store.load_outcomes("none"),
            lambda: store.load_events("none"),
            lambda: store.load_photographs("none"),
            lambda: store.seal_session("none"),
            lambda: store.accept_image("none", make_new_image(), None),
            lambda: store.save_outcomes("none", []),
            lambda: store.mark_published("none"),
        ):
            with pytest.raises(NotFoundError):
                call()

    def test_what_a_session_does_not_have_yet_is_empty(self, memory: Memory) -> None:
        store, session_id = memory.store, make_session(memory.store).session_id
        assert store.load_images(session_id) == []
        assert store.load_photographs(session_id) == []
        assert store.load_outcomes(session_id) == []
        assert store.load_plan(session_id) is None


class AcceptingContract:
    def test_pictures_are_numbered_as_they_come(self, memory: Memory) -> None:
        session_id = make_session(memory.store).session_id
        for position_pw in (1800.0, 1000.0, 1400.5):
            taken = memory.store.accept_image(session_id, make_new_image(position_pw), "r-2")
            assert (taken.is_new, taken.has_sealed) == (True, False)
        images = memory.store.load_images(session_id)
        assert [image.index for image in images] == [0, 1, 2]
        assert [image.position_pw for image in images] == [1800.0, 1000.0, 1400.5]
        assert images[2] == taken.image
        assert (taken.image.state, taken.image.attempt) == ("received", 0)
        assert (taken.image.request_id, taken.image.failure) == ("r-2", None)
        assert memory.store.load_session(session_id).n_images == 3

    def test_the_same_bytes_at_the_same_position_return_what_they_returned_before(
        self, memory: Memory
    ) -> None:
        session_id = make_session(memory.store).session_id
        first = memory.store.accept_image(session_id, make_new_image(), "r-1")
        again = memory.store.accept_image(session_id, make_new_image(), "r-2")
        assert (again.image, again.is_new, again.has_sealed) == (first.image, False, False)
        assert memory.kinds(session_id) == ["session.opened", "image.received"]

    def test_a_picture_is_answered_alike_after_the_session_is_done(self, memory: Memory) -> None:
        session = make_sorted_session(memory.store)
        before = memory.store.load_images(session.session_id)
        again = memory.store.accept_image(session.session_id, make_new_image(1000.0), None)
        assert (again.image, again.is_new) == (before[0], False)
        assert memory.store.load_images(session.session_id) == before
        assert memory.store.load_session(session.session_id) == session

    @pytest.mark.parametrize("make", [make_session, make_sorted_session])
    def test_other_bytes_at_the_same_position_are_refused_in_any_state(
        self, memory: Memory, make: Any
    ) -> None:
        session_id = make(memory.store).session_id
        if make is make_session:
            memory.store.accept_image(session_id, make_new_image(1000.0), None)
        with pytest.raises(ConflictError):
            memory.store.accept_image(session_id, make_new_image(1000.0, PNG), None)

    def test_the_same_bytes_at_two_positions_are_two_pictures(self, memory: Memory) -> None:
        session_id = make_session(memory.store, 2).session_id
        assert {image.sha256 for image in memory.store.load_images(session_id)} == {
            make_new_image(content=JPEG).sha256
        }
        assert memory.store.load_session(session_id).n_images == 2

    def test_the_last_expected_picture_seals_the_session(self, memory: Memory) -> None:
        session_id = make_session(memory.store, expected_images=2).session_id
        first = memory.store.accept_image(session_id, make_new_image(1000.0), None)
        second = memory.store.accept_image(session_id, make_new_image(1200.0), None)
        repeated = memory.store.accept_image(session_id, make_new_image(1200.0), None)
        sealed = [taken.has_sealed for taken in (first, second, repeated)]
        assert sealed == [False, True, False]
        assert memory.store.load_session(session_id).state is SessionState.SEALED
        assert memory.kinds(session_id)[-2:] == ["image.received", "session.sealed"]

    def test_a_sealed_session_takes_no_new_picture(self, memory: Memory) -> None:
        session_id = make_session(memory.store, 1).session_id
        memory.store.seal_session(session_id)
        with pytest.raises(ConflictError):
            memory.store.accept_image(session_id, make_new_image(1234.0), None)
        assert memory.store.load_session(session_id).n_images == 1

    def test_a_session_is_sealed_once(self, memory: Memory) -> None:
        session_id = make_session(memory.store, 1).session_id
        session, has_sealed = memory.store.seal_session(session_id)
        assert (session.state, has_sealed, session.n_images) == ("sealed", True, 1)
        assert session.sealed_at is not None
        assert memory.store.seal_session(session_id) == (session, False)
        assert memory.kinds(session_id).count("session.sealed") == 1

    def test_sealing_a_session_that_is_done_changes_nothing(self, memory: Memory) -> None:
        session = make_sorted_session(memory.store)
        assert memory.store.seal_session(session.session_id) == (session, False)


class OutcomesContract:
    def test_an_outcome_that_is_told_again_replaces_the_first(self, memory: Memory) -> None:
        store, session_id = memory.store, make_sorted_session(memory.store).session_id
        store.save_outcomes(
            session_id, [Outcome(1, "missed", "slipped"), Outcome(0, "picked", None)]
        )
        store.save_outcomes(session_id, [Outcome(1, "dropped", None)])
        assert store.load_outcomes(session_id) == [
            Outcome(0, "picked", None),
            Outcome(1, "dropped", None),
        ]
        assert memory.kinds(session_id)[-2:] == ["outcomes.saved", "outcomes.saved"]

    @pytest.mark.parametrize("command", [-1, 2])
    def test_an_outcome_of_no_command_is_refused_with_all_that_came_with_it(
        self, memory: Memory, command: int
    ) -> None:
        store, session_id = memory.store, make_sorted_session(memory.store).session_id
        with pytest.raises(ConflictError):
            store.save_outcomes(
                session_id, [Outcome(0, "picked", None), Outcome(command, "picked", None)]
            )
        assert store.load_outcomes(session_id) == []
        assert "outcomes.saved" not in memory.kinds(session_id)

    def test_an_outcome_of_a_session_without_a_plan_is_refused(self, memory: Memory) -> None:
        session_id = make_session(memory.store).session_id
        with pytest.raises(ConflictError):
            memory.store.save_outcomes(session_id, [Outcome(0, "picked", None)])

    @pytest.mark.parametrize("outcome", [Outcome(0, "eaten", None), Outcome(0, "picked", "a\x00b")])
    def test_an_outcome_that_cannot_be_kept_is_refused(
        self, memory: Memory, outcome: Outcome
    ) -> None:
        session_id = make_sorted_session(memory.store).session_id
        with pytest.raises(InvalidInputError):
            memory.store.save_outcomes(session_id, [outcome])
        assert memory.store.load_outcomes(session_id) == []


class EventsContract:
    def test_every_change_of_a_session_is_told_in_order(self, memory: Memory) -> None:
        store = memory.store
        session_id = make_session(store, 2).session_id
        good, bad = store.load_images(session_id)
        claims = [make_image_claim(store, image.image_id) for image in (good, bad)]
        store.fail_image(claims[1], "truncated")
        self._detect(store, claims[0])
        store.seal_session(session_id)
        claim = make_session_claim(store, session_id)
        store.save_plan(claim, {"commands": [{"order": 0}]})
        events = store.load_events(session_id)
        which = [
            {"image_id": image.image_id, "index": image.index, "position_pw": image.position_pw}
            for image in (good, bad)
        ]
        assert [(event.kind, event.data) for event in events] == [
            ("session.opened", {"arm_id": "arm-1", "expected_images": None}),
            ("image.received", which[0]),
            ("image.received", which[1]),
            ("image.failed", which[1] | {"reason": "truncated"}),
            ("image.detected", which[0] | {"n_detections": 2, "model": "detector@1"}),
            ("session.sealed", {"n_images": 2, "is_overdue": False}),
            ("session.sorting", {"attempt": 1}),
            ("session.partial", {"n_commands": 1, "n_failed": 1}),
        ]
        ids = [event.event_id for event in events]
        assert ids == sorted(set(ids))

    def test_events_are_read_on_from_the_last_one_seen(self, memory: Memory) -> None:
        session_id = make_session(memory.store, 3).session_id
        make_session(memory.store, 2)
        events = memory.store.load_events(session_id)
        seen = events[1].event_id
        assert memory.store.load_events(session_id, after_id=seen) == events[2:]
        assert memory.store.load_events(session_id, after_id=seen, limit=1) == events[2:3]
        assert memory.store.load_events(session_id, after_id=events[-1].event_id) == []

    def test_the_backlog_counts_what_waits_and_what_was_just_finished(self, memory: Memory) -> None:
        store, session_id = memory.store, make_session(memory.store, 5).session_id
        images = store.load_images(session_id)
        self._detect(store, make_image_claim(store, images[0].image_id))
        memory.let_pass(31)
        for image in images[1:3]:
            store.fail_image(make_image_claim(store, image.image_id), "bad")
        make_image_claim(store, images[3].image_id)
        backlog = store.load_backlog()
        assert backlog.waiting_by_arm == {"arm-1": 2}
        assert (backlog.n_waiting, backlog.drained_per_s) == (2, pytest.approx(2 / 30))
        states = [image.state for image in store.load_images(session_id)]
        assert states.count(ImageState.FAILED) == 2

    def test_the_drain_rate_is_of_the_time_in_which_there_was_something_to_do(
        self, memory: Memory
    ) -> None:
        assert memory.store.load_backlog() == Backlog({}, None)
        images = memory.store.load_images(make_session(memory.store, 11).session_id)
        memory.let_pass(5)
        assert memory.store.load_backlog().drained_per_s is None
        for image in images[:10]:
            self._detect(memory.store, make_image_claim(memory.store, image.image_id))
        rate = memory.store.load_backlog().drained_per_s
        assert rate is not None
        assert 0.5 < rate <= 2.0, "ten in the five seconds that they waited, on a slow machine more"
        memory.let_pass(31)
        assert memory.store.load_backlog().drained_per_s == 0

    @staticmethod
    def _detect(store: Store, claim: ImageClaim) -> None:
        assert store.save_detections(claim, make_detections(2), "detector@1")
