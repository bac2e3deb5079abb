"""The fake feed keeps what a feed promises."""

from __future__ import annotations

import pytest

from tests.contracts.feeds import EventFeedContract, Feeding
from tests.contracts.memory import Memory
from tests.fake_store import FakeStore
from tests.fake_store.feeds import FakeEventFeed, FakePlaces


class TestFakeEventFeed(EventFeedContract):
    @pytest.fixture
    def feeding(self) -> Feeding:
        store, places = FakeStore(), FakePlaces()
        return Feeding(
            Memory(store, store.let_pass),
            lambda name, keys_like: FakeEventFeed(store, places, name, keys_like),
        )
