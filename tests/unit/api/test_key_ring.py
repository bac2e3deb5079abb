from __future__ import annotations

from api import authentication
from api.authentication import KeyRing
from api.keys import ARM_KEYS
from sorter.types import Arm
from tests.fake_store import FakeStore
from tests.unit.api.clock import FakeClock


def test_a_key_ring_never_grows_beyond_its_bound() -> None:
    store = FakeStore()
    store.save_arm(Arm("arm-1"))
    ring = KeyRing(store, FakeClock(), cache_s=1e9)
    for _ in range(authentication.MAX_CACHED_KEYS + 5):
        key = ARM_KEYS.make()
        store.save_key(key.key_id, "arm-1", key.secret_sha256)
        assert ring.arm_id_of(f"Bearer {key.text}") == "arm-1"
    assert ring.n_cached <= authentication.MAX_CACHED_KEYS
