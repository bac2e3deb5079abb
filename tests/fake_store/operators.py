"""Operators' keys and sign-ins of the fake store."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sorter.errors import ConflictError, NotFoundError
from storage.operators import OperatorKey
from tests.fake_store.rows import FakeRows, find


class FakeOperators(FakeRows):
    """Twin of :mod:`storage.sql.operators`."""

    def save_operator_key(self, key_id: str, name: str, secret_sha256: str) -> OperatorKey:
        with self._transaction() as now:
            new = OperatorKey(key_id, name, secret_sha256, now, None)
            key = self._operator_keys.setdefault(key_id, new)
            if (key.name, key.secret_sha256) != (name, secret_sha256):
                raise ConflictError(f"another key is called {key_id!r}")
            return key

    def load_operator_key(self, key_id: str) -> OperatorKey:
        with self._transaction():
            return find(self._operator_keys, key_id)

    def load_operator_keys(self) -> list[OperatorKey]:
        with self._transaction():
            return list(self._operator_keys.values())

    def revoke_operator_key(self, key_id: str) -> OperatorKey:
        with self._transaction() as now:
            key = find(self._operator_keys, key_id)
            self._operator_keys[key_id] = replace(key, revoked_at=key.revoked_at or now)
            return self._operator_keys[key_id]

    def save_sign_in(self, token_sha256: str, key_id: str, lasts_s: float) -> None:
        with self._transaction() as now:
            if find(self._operator_keys, key_id).revoked_at is not None:
                raise ConflictError(f"the key {key_id!r} was revoked")
            self._sign_ins[token_sha256] = (key_id, now + timedelta(seconds=lasts_s))

    def load_sign_in(self, token_sha256: str) -> OperatorKey:
        with self._transaction() as now:
            key_id, ends_at = find(self._sign_ins, token_sha256)
            key = self._operator_keys[key_id]
            if ends_at <= now or key.revoked_at is not None:
                raise NotFoundError("nobody is signed in by that name")
            return key

    def end_sign_in(self, token_sha256: str) -> None:
        with self._transaction():
            self._sign_ins.pop(token_sha256, None)
