"""Sessions that another system held: written once, however often they are brought."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from sorter.errors import NotFoundError
from sorter.types import Arm
from storage.documents import arm_document, detections_columns
from storage.legacy import LegacyImage, LegacyTable
from storage.models import ArmRow, DetectionsRow, ImageRow, SessionRow
from storage.records import ImageState, SessionState
from storage.sql.base import SqlBase, lock_session

AT = datetime(2020, 1, 1, tzinfo=UTC)
"""When all of it is said to have been: the original kept no times, and was published that year."""

FAILURE = "imported from the original, which kept what it detected and no plan"
MODEL = "sorterbot-cloud@imported"

_NAMES = UUID("6f1d4c5e-0b0e-4a5c-9c55-0d8a4f3c2b71")
"""Any UUID: with it the same session, brought again, gets the same id."""


class Brought(StrEnum):
    """What bringing a session did."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


class SqlImporting(SqlBase):
    """Writes sessions of the original's database."""

    def load_arm_ids(self) -> list[str]:
        """Return the names of all arms."""
        with self._reading() as db:
            return list(db.scalars(select(ArmRow.arm_id).order_by(ArmRow.arm_id)))

    def add_arm(self, arm_id: str) -> None:
        """Register an arm with the usual geometry, and leave one that is registered as it is."""
        new = insert(ArmRow).values(arm_id=arm_id, document=arm_document(Arm(arm_id)))
        with self._transaction() as db:
            db.execute(new.on_conflict_do_nothing())

    def bring_session(
        self,
        arm_id: str,
        table: LegacyTable,
        images: Sequence[LegacyImage],
        *,
        is_dry: bool = False,
    ) -> Brought:
        """Write a session with its pictures and detections, or what has changed of it since.

        Its state is ``failed``, as one without a plan is, and its pictures' keys are the names that
        the original kept them under. Where ``is_dry``, nothing is written.

        Raises:
            NotFoundError: There is no such arm, and it is not a dry run.
        """
        session_id = uuid5(_NAMES, f"{arm_id}/{table.schema}/{table.name}").hex
        rows = _image_rows(arm_id, session_id, table.session_name, images)
        found = [detections_columns(image.detections) for image in images]
        with self._transaction() as db:
            is_known = db.get(SessionRow, session_id) is not None
            if is_known and _kept(db, session_id) == _wanted(rows, found):
                return Brought.UNCHANGED
            if not is_dry:
                _write(db, arm_id, session_id, table, rows, found)
            return Brought.CHANGED if is_known else Brought.NEW


Columns = dict[str, Any]


def _image_rows(
    arm_id: str, session_id: str, session_name: str, images: Sequence[LegacyImage]
) -> list[Columns]:
    return [
        {
            "image_id": uuid5(_NAMES, f"{session_id}/{image.position_pw:g}").hex,
            "session_id": session_id,
            "index": index,
            "position_pw": image.position_pw,
            "state": ImageState.DETECTED,
            "key": f"{arm_id}/{session_name}/{image.name}",
            # Of the name: what the bytes were is not known, and no two pictures are the same.
            "sha256": hashlib.sha256(f"{session_id}/{image.name}".encode()).hexdigest(),
            "width_px": image.size.width_px,
            "height_px": image.size.height_px,
            "n_bytes": 1,  # not known, either
            "received_at": AT,
            "waiting_since": AT,
            "published_at": AT,
            "finished_at": AT,
            "model": MODEL,
        }
        for index, image in enumerate(images)
    ]


def _write(
    db: Session,
    arm_id: str,
    session_id: str,
    table: LegacyTable,
    rows: Sequence[Columns],
    found: Sequence[Columns],
) -> None:
    arm = db.get(ArmRow, arm_id)
    if arm is None:
        raise NotFoundError(f"there is no arm {arm_id!r}")
    session = {
        "session_id": session_id,
        "arm_id": arm_id,
        "arm": arm.document,
        "state": SessionState.FAILED,
        "min_images": 1,
        "deadline_s": 1.0,
        "deadline_at": AT,
        "opened_at": AT,
        "sealed_at": AT,
        "waiting_since": AT,
        "finished_at": AT,
        "failure": FAILURE,
        "idempotency_key": f"imported/{table}",
    }
    db.execute(insert(SessionRow).values(session).on_conflict_do_nothing())
    lock_session(db, session_id)
    earlier = select(ImageRow.image_id).where(ImageRow.session_id == session_id)
    db.execute(delete(DetectionsRow).where(DetectionsRow.image_id.in_(earlier)))
    db.execute(delete(ImageRow).where(ImageRow.session_id == session_id))
    db.execute(insert(ImageRow), list(rows))
    detections = [
        {"image_id": row["image_id"], **columns} for row, columns in zip(rows, found, strict=True)
    ]
    db.execute(insert(DetectionsRow), detections)


def _kept(db: Session, session_id: str) -> list[tuple[object, ...]]:
    """Return what is kept of a session's pictures, as :func:`_wanted` has it."""
    query = (
        select(ImageRow, DetectionsRow)
        .join(DetectionsRow, DetectionsRow.image_id == ImageRow.image_id)
        .where(ImageRow.session_id == session_id)
        .order_by(ImageRow.index)
    )
    return [
        (image.key, image.width_px, image.height_px, one.xyxy_px, one.labels)
        for image, one in db.execute(query)
    ]


def _wanted(rows: Sequence[Columns], found: Sequence[Columns]) -> list[tuple[object, ...]]:
    return [
        (row["key"], row["width_px"], row["height_px"], one["xyxy_px"], one["labels"])
        for row, one in zip(rows, found, strict=True)
    ]
