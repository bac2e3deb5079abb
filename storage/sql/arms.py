"""Arms and their bearer keys."""

from __future__ import annotations

from sqlalchemy import ColumnElement, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert

from sorter.errors import ConflictError, NotFoundError
from sorter.types import Arm
from storage.documents import arm_document, arm_from_document
from storage.models import NOW, ArmRow, KeyRow
from storage.records import KeyRecord
from storage.sql.base import SqlBase
from storage.sql.records import key_record


class SqlArms(SqlBase):
    """The methods of :class:`storage.ports.Store` for arms and keys."""

    def save_arm(self, arm: Arm) -> bool:
        document = arm_document(arm)
        new = insert(ArmRow).values(arm_id=arm.arm_id, document=document)
        is_new: ColumnElement[bool] = literal_column(
            "xmax = 0"
        )  # true of a row that was inserted, not updated
        upsert = new.on_conflict_do_update(
            index_elements=[ArmRow.arm_id], set_={"document": document, "changed_at": NOW}
        ).returning(is_new)
        with self._transaction() as db:
            return bool(db.scalar(upsert))

    def load_arm(self, arm_id: str) -> Arm:
        with self._reading() as db:
            document = db.scalar(select(ArmRow.document).where(ArmRow.arm_id == arm_id))
        if document is None:
            raise NotFoundError(f"there is no arm {arm_id!r}")
        return arm_from_document(document)

    def save_key(self, key_id: str, arm_id: str, secret_sha256: str) -> KeyRecord:
        new = insert(KeyRow).values(key_id=key_id, arm_id=arm_id, secret_sha256=secret_sha256)
        with self._transaction() as db:
            if db.get(ArmRow, arm_id) is None:
                raise NotFoundError(f"there is no arm {arm_id!r}")
            db.execute(new.on_conflict_do_nothing())
            row = db.get_one(KeyRow, key_id)
            if (row.arm_id, row.secret_sha256) != (arm_id, secret_sha256):
                raise ConflictError(f"another key is called {key_id!r}")
            return key_record(row)

    def load_key(self, key_id: str) -> KeyRecord:
        with self._reading() as db:
            row = db.get(KeyRow, key_id)
            if row is None:
                raise NotFoundError(f"there is no key {key_id!r}")
            return key_record(row)

    def load_keys(self, arm_id: str | None = None) -> list[KeyRecord]:
        query = select(KeyRow).order_by(KeyRow.created_at, KeyRow.key_id)
        if arm_id is not None:
            query = query.where(KeyRow.arm_id == arm_id)
        with self._reading() as db:
            keys = [key_record(row) for row in db.scalars(query)]
            if not keys and arm_id is not None and db.get(ArmRow, arm_id) is None:
                raise NotFoundError(f"there is no arm {arm_id!r}")
            return keys

    def revoke_key(self, key_id: str) -> KeyRecord:
        with self._transaction() as db:
            db.execute(
                update(KeyRow)
                .where(KeyRow.key_id == key_id, KeyRow.revoked_at.is_(None))
                .values(revoked_at=NOW)
            )
            row = db.get(KeyRow, key_id)
            if row is None:
                raise NotFoundError(f"there is no key {key_id!r}")
            return key_record(row)
