"""The site's figures in the fake store."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import numpy as np

from storage import rules
from storage.figures import RECENT_S, SiteFigures
from storage.records import ImageState, SessionState
from tests.fake_store.rows import FakeRows, FakeSession


class FakeFigures(FakeRows):
    """Twin of :mod:`storage.sql.figures`."""

    def load_figures(self, alive_within_s: float) -> SiteFigures:
        with self._transaction() as now:
            sessions = list(self._sessions.values())
            images = [image for session in sessions for image in session.images]
            unfinished = [image for image in images if image.is_unfinished]
            waiting = [i for i in unfinished if i.record.state is ImageState.RECEIVED]
            since = now - timedelta(seconds=rules.DRAIN_WINDOW_S)
            ended = [
                (image.record.received_at, at)
                for image in images
                if (at := image.record.finished_at) is not None and at > since
            ]
            took_s = [(at - received_at).total_seconds() for received_at, at in ended]
            busy = [i.record.received_at for i in unfinished] + [began for began, _ in ended]
            alive = now - timedelta(seconds=alive_within_s)
            return SiteFigures(
                sessions=Counter(s.record.state for s in sessions if _counts(s, now)),
                images=Counter(image.record.state for image in unfinished),
                oldest_image_s=_age_s([image.waiting_since for image in waiting], now),
                oldest_session_s=_age_s([s.waiting_since for s in sessions if _ready(s)], now),
                image_p50_s=float(np.quantile(took_s, 0.5)) if took_s else None,
                image_p95_s=float(np.quantile(took_s, 0.95)) if took_s else None,
                drained_per_s=rules.drain_rate(len(ended), _age_s(busy, now)),
                n_quarantined=sum(image.quarantined_at is not None for image in images),
                workers=Counter(w.queue for w in self._workers.values() if w.last_seen_at >= alive),
            )


def _counts(session: FakeSession, now: datetime) -> bool:
    is_recent = session.record.opened_at > now - timedelta(seconds=RECENT_S)
    return is_recent or not session.record.state.is_final


def _ready(session: FakeSession) -> bool:
    is_sealed = session.record.state is SessionState.SEALED
    return is_sealed and not any(image.is_unfinished for image in session.images)


def _age_s(times: list[datetime] | list[datetime | None], now: datetime) -> float:
    known = [at for at in times if at is not None]
    return (now - min(known)).total_seconds() if known else 0.0
