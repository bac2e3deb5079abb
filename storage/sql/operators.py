"""Operators' keys, and the browsers that are signed in with them."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from sorter.errors import ConflictError, NotFoundError
from storage.models import NOW, STATEMENT_BEGAN_AT, OperatorKeyRow, SignInRow
from storage.operators import OperatorKey
from storage.sql.base import SqlBase


class SqlOperators(SqlBase):
    """The methods of :class:`storage.ports.Store` for those who look at the console."""

    def save_operator_key(self, key_id: str, name: str, secret_sha256: str) -> OperatorKey:
        new = insert(OperatorKeyRow).values(key_id=key_id, name=name, secret_sha256=secret_sha256)
        with self._transaction() as db:
            db.execute(new.on_conflict_do_nothing())
            row = db.get_one(OperatorKeyRow, key_id)
            if (row.name, row.secret_sha256) != (name, secret_sha256):
                raise ConflictError(f"another key is called {key_id!r}")
            return _operator_key(row)

    def load_operator_key(self, key_id: str) -> OperatorKey:
        with self._reading() as db:
            return _found(db.get(OperatorKeyRow, key_id), key_id)

    def load_operator_keys(self) -> list[OperatorKey]:
        query = select(OperatorKeyRow).order_by(OperatorKeyRow.created_at, OperatorKeyRow.key_id)
        with self._reading() as db:
            return [_operator_key(row) for row in db.scalars(query)]

    def revoke_operator_key(self, key_id: str) -> OperatorKey:
        with self._transaction() as db:
            db.execute(
                update(OperatorKeyRow)
                .where(OperatorKeyRow.key_id == key_id, OperatorKeyRow.revoked_at.is_(None))
                .values(revoked_at=NOW)
            )
            db.execute(delete(SignInRow).where(SignInRow.key_id == key_id))
            return _found(db.get(OperatorKeyRow, key_id), key_id)

    def save_sign_in(self, token_sha256: str, key_id: str, lasts_s: float) -> None:
        with self._transaction() as db:
            # Locked, so that a key that is being revoked lets nobody in behind its back.
            key = db.get(OperatorKeyRow, key_id, with_for_update={"key_share": True})
            if _found(key, key_id).revoked_at is not None:
                raise ConflictError(f"the key {key_id!r} was revoked")
            db.execute(delete(SignInRow).where(SignInRow.ends_at < NOW))
            ends_at = NOW + timedelta(seconds=lasts_s)
            db.add(SignInRow(token_sha256=token_sha256, key_id=key_id, ends_at=ends_at))

    def load_sign_in(self, token_sha256: str) -> OperatorKey:
        query = (
            select(OperatorKeyRow)
            .join(SignInRow, SignInRow.key_id == OperatorKeyRow.key_id)
            .where(SignInRow.token_sha256 == token_sha256)
            .where(SignInRow.ends_at > STATEMENT_BEGAN_AT, OperatorKeyRow.revoked_at.is_(None))
        )
        with self._reading() as db:
            row = db.scalar(query)
        if row is None:
            raise NotFoundError("nobody is signed in by that name")
        return _operator_key(row)

    def end_sign_in(self, token_sha256: str) -> None:
        with self._transaction() as db:
            db.execute(delete(SignInRow).where(SignInRow.token_sha256 == token_sha256))


def _found(row: OperatorKeyRow | None, key_id: str) -> OperatorKey:
    if row is None:
        raise NotFoundError(f"there is no operator's key {key_id!r}")
    return _operator_key(row)


def _operator_key(row: OperatorKeyRow) -> OperatorKey:
    return OperatorKey(row.key_id, row.name, row.secret_sha256, row.created_at, row.revoked_at)
