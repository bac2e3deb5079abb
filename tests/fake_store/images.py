"""The fake image store."""

from __future__ import annotations

from sorter.errors import StorageFullError, TransientError
from storage.keys import checked_key, checked_name, image_key
from tests.fake_store.rows import find


class FakeImageStore:
    """A :class:`storage.ports.ImageStore` in memory; ``is_full`` and ``is_down`` make it refuse."""

    def __init__(self) -> None:
        self.images: dict[str, bytes] = {}
        self.is_full = False
        self.is_down = False

    def save_image(self, session_id: str, data: bytes) -> str:
        key = image_key(session_id, data)
        if self.is_full:
            raise StorageFullError("the fake image store was told to be full")
        self._answer()
        self.images[key] = data
        return key

    def load_image(self, key: str) -> bytes:
        self._answer()
        return find(self.images, checked_key(key))

    def delete_image(self, key: str) -> None:
        self._answer()
        self.images.pop(checked_key(key), None)

    def save_named(self, name: str, data: bytes) -> None:
        checked_name(name)
        if self.is_full:
            raise StorageFullError("the fake image store was told to be full")
        self._answer()
        self.images[name] = data

    def load_named(self, name: str) -> bytes:
        self._answer()
        return find(self.images, checked_name(name))

    def is_writable(self) -> bool:
        return not (self.is_full or self.is_down)

    def _answer(self) -> None:
        if self.is_down:
            raise TransientError("the fake image store was told to be down")
