"""Arms, keys and workers' heartbeats."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from sorter.errors import ConflictError, InvalidInputError, NotFoundError
from sorter.types import Arm, ArmGeometry, ArmLimits
from storage.ports import Store
from tests.contracts.memory import Memory

ARM = Arm(
    "arm-1",
    ArmGeometry(1499.9, 129.7, 1399.1, 1100.3, 2000.7, -1.23, 0.0456),
    ArmLimits(801.1, 2199.9, 1101.5, 1999.3),
    repeatability_px=12.3456789012345,
    calibration_id="2026-11-20 Küche",
    calibrated_at=datetime(2026, 11, 20, 8, 30, 1, 250, tzinfo=timezone(timedelta(hours=1))),
    calibration_residual_px=3.21,
    leaves_unsure=True,
)


class ArmsContract:
    def test_an_arm_is_loaded_exactly_as_it_was_saved(self, memory: Memory) -> None:
        memory.store.save_arm(ARM)
        assert memory.store.load_arm("arm-1") == ARM

    def test_saving_an_arm_again_changes_it_and_says_that_it_is_not_new(
        self, memory: Memory
    ) -> None:
        changed = replace(ARM, calibration_id=None, repeatability_px=None)
        assert memory.store.save_arm(ARM) is True
        assert memory.store.save_arm(changed) is False
        assert memory.store.load_arm("arm-1") == changed

    def test_an_arm_with_a_number_that_is_not_finite_is_refused(self, memory: Memory) -> None:
        endless = replace(ARM, limits=ArmLimits(servo0_max_pw=math.inf))
        with pytest.raises(InvalidInputError):
            memory.store.save_arm(endless)
        with pytest.raises(NotFoundError):
            memory.store.load_arm("arm-1")

    def test_a_key_is_loaded_by_its_id_and_listed_with_its_arm(self, memory: Memory) -> None:
        store = self._store_with_two_arms(memory)
        key = store.save_key("k1", "arm-1", "aa")
        other = store.save_key("k2", "arm-2", "bb")
        assert store.load_key("k1") == key
        assert (key.arm_id, key.secret_sha256, key.revoked_at) == ("arm-1", "aa", None)
        assert store.load_keys() == [key, other]
        assert store.load_keys("arm-2") == [other]

    def test_saving_the_same_key_again_changes_nothing(self, memory: Memory) -> None:
        store = self._store_with_two_arms(memory)
        assert store.save_key("k1", "arm-1", "aa") == store.save_key("k1", "arm-1", "aa")

    @pytest.mark.parametrize(("arm_id", "secret"), [("arm-2", "aa"), ("arm-1", "bb")])
    def test_another_key_of_the_same_id_is_refused(
        self, memory: Memory, arm_id: str, secret: str
    ) -> None:
        store = self._store_with_two_arms(memory)
        store.save_key("k1", "arm-1", "aa")
        with pytest.raises(ConflictError):
            store.save_key("k1", arm_id, secret)

    def test_a_key_stays_revoked_since_it_was_revoked_first(self, memory: Memory) -> None:
        store = self._store_with_two_arms(memory)
        store.save_key("k1", "arm-1", "aa")
        revoked = store.revoke_key("k1")
        assert revoked.revoked_at is not None
        assert store.revoke_key("k1") == store.load_key("k1") == revoked

    def test_whatever_names_an_unknown_arm_or_key_is_not_found(self, memory: Memory) -> None:
        store = memory.store
        for call in (
            lambda: store.load_arm("nobody"),
            lambda: store.save_key("k1", "nobody", "aa"),
            lambda: store.load_key("k9"),
            lambda: store.load_keys("nobody"),
            lambda: store.revoke_key("k9"),
        ):
            with pytest.raises(NotFoundError):
                call()

    def test_a_worker_is_alive_for_as_long_as_its_heart_beats(self, memory: Memory) -> None:
        store = memory.store
        store.beat("gpu-1", "gpu")
        store.beat("sort-1", "sort")
        memory.let_pass(4)
        store.beat("gpu-1", "gpu")
        memory.let_pass(4)
        assert [worker.worker_id for worker in store.load_workers(6)] == ["gpu-1"]
        assert [worker.queue for worker in store.load_workers(60)] == ["gpu", "sort"]

    def test_only_silent_workers_are_forgotten(self, memory: Memory) -> None:
        store = memory.store
        store.beat("gpu-1", "gpu")
        memory.let_pass(100)
        store.beat("gpu-2", "gpu")
        assert store.forget_dead_workers(60) == 1
        assert store.forget_dead_workers(60) == 0
        assert [worker.worker_id for worker in store.load_workers(1000)] == ["gpu-2"]

    @staticmethod
    def _store_with_two_arms(memory: Memory) -> Store:
        memory.store.save_arm(ARM)
        memory.store.save_arm(Arm("arm-2"))
        return memory.store
