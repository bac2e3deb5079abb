"""What any store promises of robots that wait to be started."""

from __future__ import annotations

import pytest

from sorter.errors import NotFoundError
from sorter.types import Arm
from storage.check_ins import START_LASTS_S
from tests.contracts.memory import Memory


class CheckInsContract:
    def test_a_robot_is_told_once_to_start_and_only_when_it_is_ready(self, memory: Memory) -> None:
        store = memory.store
        store.save_arm(Arm("arm-1"))
        assert store.check_in("arm-1", is_ready=True) is False
        store.ask_start("arm-1")
        assert store.check_in("arm-1", is_ready=False) is False
        assert store.load_check_ins()[0].start_asked_at is not None
        answers = [store.check_in("arm-1", is_ready=True) for _ in range(3)]
        assert answers == [True, False, False]

    def test_one_robot_is_not_told_what_another_was_asked(self, memory: Memory) -> None:
        store = memory.store
        for arm_id in ("arm-1", "arm-2"):
            store.save_arm(Arm(arm_id))
            store.check_in(arm_id, is_ready=True)
        store.ask_start("arm-2")
        assert store.check_in("arm-1", is_ready=True) is False
        assert store.check_in("arm-2", is_ready=True) is True

    def test_no_arm_moves_at_a_wish_of_long_ago(self, memory: Memory) -> None:
        store = memory.store
        store.save_arm(Arm("arm-1"))
        store.check_in("arm-1", is_ready=True)
        store.ask_start("arm-1")
        memory.let_pass(START_LASTS_S + 1)
        assert store.load_check_ins()[0].start_asked_at is None
        assert store.check_in("arm-1", is_ready=True) is False

    def test_who_checked_in_is_known_by_arm(self, memory: Memory) -> None:
        store = memory.store
        for arm_id, is_ready in (("arm-2", True), ("arm-1", False)):
            store.save_arm(Arm(arm_id))
            store.check_in(arm_id, is_ready=is_ready)
        said = store.load_check_ins()
        assert [(one.arm_id, one.is_ready) for one in said] == [("arm-1", False), ("arm-2", True)]
        memory.let_pass(60)
        store.check_in("arm-2", is_ready=False)
        later = store.load_check_ins()[1]
        assert later.seen_at > store.load_check_ins()[0].seen_at
        assert later.is_ready is False

    def test_neither_an_unknown_arm_nor_one_without_a_robot_is_started(
        self, memory: Memory
    ) -> None:
        store = memory.store
        store.save_arm(Arm("arm-1"))
        with pytest.raises(NotFoundError):
            store.check_in("nobody", is_ready=True)
        for arm_id in ("arm-1", "nobody"):
            with pytest.raises(NotFoundError):
                store.ask_start(arm_id)
        assert store.load_check_ins() == []
