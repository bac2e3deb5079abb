"""The fake store keeps the contract, so that tests may trust it."""

from __future__ import annotations

import pytest

from sorter.errors import TransientError
from sorter.types import Arm
from tests.contracts.memory import Memory
from tests.contracts.store import StoreContract
from tests.fakes import FakeStore


class TestFakeStore(StoreContract):
    @pytest.fixture
    def memory(self) -> Memory:
        store = FakeStore()
        return Memory(store, store.let_pass)


def test_a_fake_store_that_is_down_answers_nothing_and_changes_nothing() -> None:
    store = FakeStore()
    store.is_down = True
    with pytest.raises(TransientError):
        store.save_arm(Arm("arm-1"))
    store.is_down = False
    assert store.save_arm(Arm("arm-1"))
