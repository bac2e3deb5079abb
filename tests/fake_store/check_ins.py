"""Robots that check in at the fake store."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from storage.check_ins import START_LASTS_S, CheckIn
from tests.fake_store.rows import FakeRows, find


class FakeCheckIns(FakeRows):
    """Twin of :mod:`storage.sql.check_ins`."""

    def check_in(self, arm_id: str, *, is_ready: bool) -> bool:
        with self._transaction() as now:
            find(self._arms, arm_id)
            asked_at = None
            if arm_id in self._check_ins:
                asked_at = _valid(self._check_ins[arm_id], now).start_asked_at
            starts = is_ready and asked_at is not None
            self._check_ins[arm_id] = CheckIn(arm_id, now, is_ready, None if starts else asked_at)
            return starts

    def ask_start(self, arm_id: str) -> None:
        with self._transaction() as now:
            asked = replace(find(self._check_ins, arm_id), start_asked_at=now)
            self._check_ins[arm_id] = asked

    def load_check_ins(self) -> list[CheckIn]:
        with self._transaction() as now:
            return [_valid(self._check_ins[arm_id], now) for arm_id in sorted(self._check_ins)]


def _valid(said: CheckIn, now: datetime) -> CheckIn:
    since = now - timedelta(seconds=START_LASTS_S)
    is_void = said.start_asked_at is not None and said.start_asked_at <= since
    return replace(said, start_asked_at=None) if is_void else said
