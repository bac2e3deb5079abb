"""Who calls: from the ``Authorization`` header to the arm whose key it carries."""

from __future__ import annotations

import threading
from collections.abc import Callable

from api.errors import UnauthenticatedError
from api.keys import ARM_KEYS
from sorter.errors import NotFoundError
from storage.ports import Store
from storage.records import KeyRecord

MAX_CACHED_KEYS = 4096


class KeyRing:
    """Looks keys up and trusts what it found for a few seconds.

    Only keys that exist are remembered, so a new key works at once and guesses fill nothing.
    """

    def __init__(self, store: Store, monotonic_s: Callable[[], float], cache_s: float) -> None:
        self._store = store
        self._monotonic_s = monotonic_s
        self._cache_s = cache_s
        self._lock = threading.Lock()
        self._found: dict[str, tuple[float, KeyRecord]] = {}

    @property
    def n_cached(self) -> int:
        """How many keys are remembered now."""
        return len(self._found)

    def arm_id_of(self, authorization: str | None) -> str:
        """Return the arm that the header's key belongs to.

        Raises:
            UnauthenticatedError: No header, no key, an unknown one, or one that was revoked.
            TransientError: The key could not be looked up now.
        """
        scheme, _, text = (authorization or "").strip().partition(" ")
        if scheme.lower() != "bearer":
            raise UnauthenticatedError("send the arm's key as 'Authorization: Bearer sb_...'")
        presented = ARM_KEYS.parse(text.strip())
        record = self._load(presented.key_id)
        if record is None or not presented.matches(record.secret_sha256):
            raise UnauthenticatedError("the bearer key is not known")
        if record.revoked_at is not None:
            raise UnauthenticatedError("the bearer key was revoked")
        return record.arm_id

    def _load(self, key_id: str) -> KeyRecord | None:
        now_s = self._monotonic_s()
        with self._lock:
            found_at_s, record = self._found.get(key_id, (0.0, None))
        if record is not None and now_s - found_at_s < self._cache_s:
            return record
        try:
            record = self._store.load_key(key_id)
        except NotFoundError:
            return None
        with self._lock:
            if len(self._found) >= MAX_CACHED_KEYS:
                self._found.clear()
            self._found[key_id] = (now_s, record)
        return record
