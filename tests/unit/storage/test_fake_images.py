"""The fake image store keeps the contract, so that tests may trust it."""

from __future__ import annotations

import pytest

from sorter.errors import StorageFullError, TransientError
from tests.contracts.image_store import ImageStoreContract
from tests.factories import JPEG
from tests.fakes import FakeImageStore


class TestFakeImageStore(ImageStoreContract):
    @pytest.fixture
    def images(self) -> FakeImageStore:
        return FakeImageStore()


def test_a_fake_image_store_fails_as_it_is_told() -> None:
    images = FakeImageStore()
    images.is_full = True
    with pytest.raises(StorageFullError):
        images.save_image("session", JPEG)
    images.is_full, images.is_down = False, True
    for call in (lambda: images.save_image("session", JPEG), lambda: images.load_image("any")):
        with pytest.raises(TransientError):
            call()
    assert not images.is_writable()
    assert images.images == {}
