"""The console's side: one session as a page shows it, and its replays."""

from __future__ import annotations

from sqlalchemy import and_, or_, select, update

from sorter.errors import NotFoundError
from storage.documents import detections_from_columns, reading_from_columns
from storage.models import NOW, DetectionsRow, ExplanationRow, ImageRow, ReplayRow, SessionRow
from storage.records import Document
from storage.sql.base import SqlBase, ago
from storage.sql.records import image_record
from storage.texts import plain_reason
from storage.views import MOST_REPLAYS, REPLAY_LEASE_S, ReadImage, Replay, ReplayState


class SqlSessionView(SqlBase):
    """The methods of :class:`storage.ports.Store` that the console's session page calls."""

    def load_read_images(self, session_id: str) -> list[ReadImage]:
        query = (
            select(ImageRow, DetectionsRow)
            .outerjoin(DetectionsRow, DetectionsRow.image_id == ImageRow.image_id)
            .where(ImageRow.session_id == session_id)
            .order_by(ImageRow.index)
        )
        with self._reading() as db:
            found = [_read_image(image, detections) for image, detections in db.execute(query)]
            if not found and db.get(SessionRow, session_id) is None:
                raise NotFoundError(f"there is no session {session_id!r}")
            return found

    def load_explanation(self, session_id: str) -> Document | None:
        with self._reading() as db:
            row = db.get(ExplanationRow, session_id)
            return None if row is None else row.document

    def ask_replay(
        self, session_id: str, detector: str, embedder: str, *, is_begun: bool = False
    ) -> Replay:
        with self._transaction() as db:
            if db.get(SessionRow, session_id) is None:
                raise NotFoundError(f"there is no session {session_id!r}")
            row = ReplayRow(
                replay_id=self._make_id(),
                session_id=session_id,
                detector=detector,
                embedder=embedder,
                state=ReplayState.RUNNING if is_begun else ReplayState.WAITING,
                claimed_at=NOW if is_begun else None,
            )
            db.add(row)
            db.flush()
            return _replay(row)

    def claim_replay(self) -> Replay | None:
        is_void = and_(
            ReplayRow.state == ReplayState.RUNNING, ReplayRow.claimed_at < ago(REPLAY_LEASE_S)
        )
        waits = or_(ReplayRow.state == ReplayState.WAITING, is_void)
        oldest = select(ReplayRow).where(waits).order_by(ReplayRow.asked_at).limit(1)
        with self._transaction() as db:
            row = db.scalar(oldest.with_for_update(skip_locked=True))
            if row is None:
                return None
            row.state, row.claimed_at = ReplayState.RUNNING, NOW
            db.flush()
            return _replay(row)

    def end_replay(
        self, replay_id: str, result: Document | None, failure: str | None = None
    ) -> bool:
        state = ReplayState.FAILED if result is None else ReplayState.DONE
        why = None if result is not None else plain_reason(failure or "nobody said why")
        runs = (ReplayRow.replay_id == replay_id, ReplayRow.state == ReplayState.RUNNING)
        said = {"state": state, "result": result, "failure": why, "finished_at": NOW}
        end = update(ReplayRow).where(*runs).values(**said)
        with self._transaction() as db:
            return db.scalar(end.returning(ReplayRow.replay_id)) is not None

    def load_replays(self, session_id: str) -> list[Replay]:
        query = select(ReplayRow).where(ReplayRow.session_id == session_id)
        query = query.order_by(ReplayRow.asked_at.desc()).limit(MOST_REPLAYS)
        with self._reading() as db:
            return [_replay(row) for row in db.scalars(query)]


def _read_image(image: ImageRow, found: DetectionsRow | None) -> ReadImage:
    return ReadImage(
        image=image_record(image),
        n_claims=image.attempt,
        last_error=image.last_error,
        claimed_at=found.claimed_at if found else image.claimed_at,
        reading=None
        if found is None
        else reading_from_columns(
            found.decode_s, found.batch_wait_s, found.forward_s, found.batch_images
        ),
        detections=None
        if found is None
        else detections_from_columns(found.xyxy_px, found.labels, found.scores),
    )


def _replay(row: ReplayRow) -> Replay:
    return Replay(
        replay_id=row.replay_id,
        session_id=row.session_id,
        detector=row.detector,
        embedder=row.embedder,
        state=row.state,
        asked_at=row.asked_at,
        finished_at=row.finished_at,
        result=row.result,
        failure=row.failure,
    )
