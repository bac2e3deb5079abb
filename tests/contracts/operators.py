"""What any store promises of operators."""

from __future__ import annotations

import pytest

from sorter.errors import ConflictError, NotFoundError
from tests.contracts.memory import Memory

HOUR_S = 3600.0


class OperatorsContract:
    def test_an_operators_key_is_loaded_as_it_was_saved(self, memory: Memory) -> None:
        key = memory.store.save_operator_key("k1", "Ada", "aa")
        assert (key.key_id, key.name, key.secret_sha256, key.revoked_at) == (
            "k1",
            "Ada",
            "aa",
            None,
        )
        other = memory.store.save_operator_key("k2", "Grace", "bb")
        assert memory.store.load_operator_key("k1") == key
        assert memory.store.load_operator_keys() == [key, other]

    def test_the_same_operators_key_may_be_saved_again_and_another_of_its_id_may_not(
        self, memory: Memory
    ) -> None:
        key = memory.store.save_operator_key("k1", "Ada", "aa")
        assert memory.store.save_operator_key("k1", "Ada", "aa") == key
        with pytest.raises(ConflictError):
            memory.store.save_operator_key("k1", "Ada", "bb")

    def test_whoever_signed_in_is_known_until_the_time_is_over(self, memory: Memory) -> None:
        memory.store.save_operator_key("k1", "Ada", "aa")
        memory.store.save_sign_in("token", "k1", HOUR_S)
        memory.let_pass(HOUR_S - 60)
        assert memory.store.load_sign_in("token").key_id == "k1"
        memory.let_pass(120)
        with pytest.raises(NotFoundError):
            memory.store.load_sign_in("token")

    def test_whoever_signed_out_is_not_known_any_more_and_others_are(self, memory: Memory) -> None:
        memory.store.save_operator_key("k1", "Ada", "aa")
        for token in ("one", "two"):
            memory.store.save_sign_in(token, "k1", HOUR_S)
        memory.store.end_sign_in("one")
        memory.store.end_sign_in("one")
        with pytest.raises(NotFoundError):
            memory.store.load_sign_in("one")
        assert memory.store.load_sign_in("two").name == "Ada"

    def test_a_revoked_key_signs_everybody_out_and_nobody_in(self, memory: Memory) -> None:
        memory.store.save_operator_key("k1", "Ada", "aa")
        memory.store.save_sign_in("token", "k1", HOUR_S)
        revoked = memory.store.revoke_operator_key("k1")
        assert revoked.revoked_at is not None
        assert memory.store.revoke_operator_key("k1") == revoked
        with pytest.raises(NotFoundError):
            memory.store.load_sign_in("token")
        with pytest.raises(ConflictError):
            memory.store.save_sign_in("another", "k1", HOUR_S)

    def test_whatever_names_an_unknown_operators_key_is_not_found(self, memory: Memory) -> None:
        store = memory.store
        for call in (
            lambda: store.load_operator_key("k9"),
            lambda: store.revoke_operator_key("k9"),
            lambda: store.save_sign_in("token", "k9", HOUR_S),
            lambda: store.load_sign_in("token"),
        ):
            with pytest.raises(NotFoundError):
                call()
