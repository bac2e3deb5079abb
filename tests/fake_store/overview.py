"""Fleet, history and tried pictures of the fake store."""

from __future__ import annotations

from datetime import datetime, timedelta

from storage.overview import (
    N_HOURS,
    N_RECENT_SESSIONS,
    TRY_ARM_ID,
    ArmHours,
    ArmNow,
    PictureTimes,
    SessionFilter,
    TriedPicture,
)
from storage.records import SessionRecord, SessionState
from storage.texts import checked_text
from tests.fake_store.rows import FakeImage, FakeRows, FakeSession, find

HOUR_S = 3600


class FakeOverview(FakeRows):
    """Twin of :mod:`storage.sql.overview`."""

    def load_arms_now(self) -> list[ArmNow]:
        with self._transaction() as now:
            return [self._arm_now(arm, now) for arm in sorted(self._arms) if arm != TRY_ARM_ID]

    def _arm_now(self, arm_id: str, now: datetime) -> ArmNow:
        sessions = [one for one in self._newest_first() if one.record.arm.arm_id == arm_id]
        received = [_last_at(session) for session in sessions[:N_RECENT_SESSIONS]]
        last_at = max(filter(None, received), default=None)
        newest = sessions[0] if sessions else None
        quiet_s = None
        if newest is not None and newest.record.state is SessionState.OPEN:
            since = _last_at(newest) or newest.record.opened_at
            quiet_s = (now - since).total_seconds()
        return ArmNow(
            arm_id,
            sum(not session.record.state.is_final for session in sessions),
            None if last_at is None else (now - last_at).total_seconds(),
            None if newest is None else newest.record.session_id,
            quiet_s,
        )

    def load_arm_hours(self) -> list[ArmHours]:
        with self._transaction() as now:
            counted: dict[str, tuple[list[int], list[int]]] = {}
            for session, image in self._images():
                arm_id = session.record.arm.arm_id
                hours = int((now - image.record.received_at).total_seconds() // HOUR_S)
                if arm_id == TRY_ARM_ID or hours >= N_HOURS:
                    continue
                received, failed = counted.setdefault(arm_id, ([0] * N_HOURS, [0] * N_HOURS))
                received[N_HOURS - 1 - hours] += 1
                failed[N_HOURS - 1 - hours] += image.record.failure is not None
            return [ArmHours(arm_id, *counted[arm_id]) for arm_id in sorted(counted)]

    def load_picture_times(self, window_s: float, limit: int) -> list[PictureTimes]:
        with self._transaction() as now:
            since = now - timedelta(seconds=window_s)
            recent = [
                _times(image)
                for _, image in self._images()
                if image.record.finished_at is None or image.record.finished_at > since
            ]
            return sorted(recent, key=lambda times: times.received_at)[-limit:]

    def find_history(
        self, which: SessionFilter, before_id: str | None, limit: int
    ) -> list[SessionRecord]:
        with self._transaction():
            for text in (which.id_prefix, which.arm_id):
                checked_text(text or "")
            place = None if before_id is None else _place(find(self._sessions, before_id))
            found = [
                session.counted()
                for session in self._newest_first()
                if (place is None or _place(session) < place)
                and session.record.arm.arm_id != TRY_ARM_ID
                and _fits(session.record, which)
            ]
            return found[:limit]

    def load_tried(self, older_than_s: float) -> list[TriedPicture]:
        with self._transaction() as now:
            return [
                TriedPicture(session_id, tuple(image.record.key for image in session.images))
                for session_id, session in sorted(self._sessions.items())
                if session.record.arm.arm_id == TRY_ARM_ID
                and session.record.opened_at < now - timedelta(seconds=older_than_s)
            ]

    def delete_tried(self, session_id: str) -> None:
        with self._transaction():
            session = self._sessions.get(session_id)
            if session is not None and session.record.arm.arm_id == TRY_ARM_ID:
                del self._sessions[session_id]
                self._events = [one for one in self._events if one.session_id != session_id]

    def _newest_first(self) -> list[FakeSession]:
        return sorted(self._sessions.values(), key=_place, reverse=True)


def _place(session: FakeSession) -> tuple[datetime, str]:
    return session.record.opened_at, session.record.session_id


def _last_at(session: FakeSession) -> datetime | None:
    return max((image.record.received_at for image in session.images), default=None)


def _times(image: FakeImage) -> PictureTimes:
    record = image.record
    worker_id = image.claimants[-1] if image.read_since else None
    return PictureTimes(record.received_at, image.read_since, record.finished_at, worker_id)


def _fits(session: SessionRecord, which: SessionFilter) -> bool:
    return (
        session.session_id.startswith(which.id_prefix or "")
        and which.arm_id in {None, "", session.arm.arm_id}
        and which.state in {None, session.state}
        and (which.opened_from is None or session.opened_at >= which.opened_from)
        and (which.opened_before is None or session.opened_at < which.opened_before)
    )
