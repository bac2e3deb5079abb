"""What robots that name their own sessions need of a store."""

from __future__ import annotations

from typing import Any

import pytest

from sorter.errors import InvalidInputError, NotFoundError
from sorter.types import Arm, ArmGeometry
from storage.ports import Store
from storage.records import SessionRecord
from tests.contracts.memory import Memory
from tests.factories import make_sorted_session

NEARER = Arm("arm-1", ArmGeometry(radius_px=1200.0))


def open_named(store: Store, arm_id: str, key: str | None) -> SessionRecord:
    store.save_arm(Arm(arm_id))
    parameters: dict[str, Any] = {"expected_images": None, "min_images": 1, "deadline_s": 60.0}
    session, _ = store.open_session(arm_id, idempotency_key=key, request_id=None, **parameters)
    return session


class RobotsContract:
    def test_sessions_are_found_by_how_their_key_begins_the_newest_first(
        self, memory: Memory
    ) -> None:
        store = memory.store
        first, second = (open_named(store, "arm-1", f"robot/S_1/{n}") for n in (1, 2))
        other = open_named(store, "arm-2", "robot/S_1/1")
        for key in ("robot/S_12/1", "robot/Sx1/1", None):
            open_named(store, "arm-1", key)
        assert store.find_sessions("robot/S_1/", "arm-1") == [second, first]
        assert store.find_sessions("robot/S_1/", "arm-1", limit=1) == [second]
        assert store.find_sessions("robot/S_1/") == [other, second, first]
        assert store.find_sessions("robot/S_1/", "nobody") == []
        assert second.idempotency_key == "robot/S_1/2"

    def test_a_session_is_sorted_for_the_arm_that_it_was_sealed_with(self, memory: Memory) -> None:
        session_id = open_named(memory.store, "arm-1", None).session_id
        sealed, _ = memory.store.seal_session(session_id, NEARER)
        assert sealed.arm == NEARER
        assert memory.store.load_session(session_id).arm == NEARER
        assert memory.store.load_arm("arm-1") == Arm("arm-1")

    def test_a_panorama_is_told_of_and_changes_nothing(self, memory: Memory) -> None:
        session = make_sorted_session(memory.store)
        memory.store.note_panorama(session.session_id, "before", "ARM001/S1/original_stitch.jpg")
        last = memory.store.load_events(session.session_id)[-1]
        told = {"which": "before", "name": "ARM001/S1/original_stitch.jpg"}
        assert (last.kind, last.data) == ("panorama.saved", told)
        assert memory.store.load_session(session.session_id) == session
        with pytest.raises(NotFoundError):
            memory.store.note_panorama("none", "before", "a/b/c.jpg")

    def test_a_sealed_session_keeps_its_arm(self, memory: Memory) -> None:
        session = make_sorted_session(memory.store)
        assert memory.store.seal_session(session.session_id, NEARER) == (session, False)

    def test_a_session_cannot_be_sealed_for_another_arm(self, memory: Memory) -> None:
        session = open_named(memory.store, "arm-1", None)
        with pytest.raises(InvalidInputError):
            memory.store.seal_session(session.session_id, Arm("arm-2"))
        assert memory.store.load_session(session.session_id) == session
