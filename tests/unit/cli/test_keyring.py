from __future__ import annotations

from api.keys import ARM_KEYS
from cli.keyring import has_key, make_key_for, register_arm
from sorter.types import Arm
from tests.fakes import FakeStore


def test_only_the_hash_of_a_key_is_kept() -> None:
    store = FakeStore()
    presented = ARM_KEYS.parse(make_key_for(store, "ARM001"))
    kept = store.load_key(presented.key_id)
    assert kept.arm_id == "ARM001"
    assert presented.matches(kept.secret_sha256)


def test_an_arm_that_is_registered_stays_as_it_is() -> None:
    store = FakeStore()
    store.save_arm(Arm("ARM001", calibration_id="spring"))
    register_arm(store, "ARM001")
    make_key_for(store, "ARM001")
    assert store.load_arm("ARM001").calibration_id == "spring"


def test_a_revoked_key_counts_as_none() -> None:
    store = FakeStore()
    assert not has_key(store, "ARM001")
    key_id = ARM_KEYS.parse(make_key_for(store, "ARM001")).key_id
    assert has_key(store, "ARM001")
    store.revoke_key(key_id)
    assert not has_key(store, "ARM001")
