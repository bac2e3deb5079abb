"""Robots that check in, and are told to start."""

from __future__ import annotations

from sqlalchemy import ColumnElement, case, null, select, update
from sqlalchemy.dialects.postgresql import insert

from sorter.errors import NotFoundError
from storage.check_ins import START_LASTS_S, CheckIn
from storage.models import NOW, ArmRow, CheckInRow
from storage.sql.base import SqlBase, ago


class SqlCheckIns(SqlBase):
    """The methods of :class:`storage.ports.Store` for robots that wait to be started."""

    def check_in(self, arm_id: str, *, is_ready: bool) -> bool:
        of_arm = CheckInRow.arm_id == arm_id
        said = {"is_ready": is_ready, "seen_at": NOW}
        new = insert(CheckInRow).values(arm_id=arm_id, **said)
        known = new.on_conflict_do_update(index_elements=[CheckInRow.arm_id], set_=said)
        with self._transaction() as db:
            if db.get(ArmRow, arm_id) is None:
                raise NotFoundError(f"there is no arm {arm_id!r}")
            starts = bool(db.scalar(select(_is_asked()).where(of_arm).with_for_update()))
            db.execute(known)
            if is_ready and starts:
                db.execute(update(CheckInRow).where(of_arm).values(start_asked_at=None))
        return is_ready and starts

    def ask_start(self, arm_id: str) -> None:
        ask = update(CheckInRow).where(CheckInRow.arm_id == arm_id).values(start_asked_at=NOW)
        with self._transaction() as db:
            if db.scalar(ask.returning(CheckInRow.arm_id)) is None:
                raise NotFoundError(f"no robot of the arm {arm_id!r} has ever checked in")

    def load_check_ins(self) -> list[CheckIn]:
        asked_at = case((_is_asked(), CheckInRow.start_asked_at), else_=null())
        columns = (CheckInRow.arm_id, CheckInRow.seen_at, CheckInRow.is_ready, asked_at)
        with self._reading() as db:
            rows = db.execute(select(*columns).order_by(CheckInRow.arm_id))
            return [CheckIn(*row) for row in rows]


def _is_asked() -> ColumnElement[bool]:
    return CheckInRow.start_asked_at > ago(START_LASTS_S)
