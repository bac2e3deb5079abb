"""The operator's side: pictures that used up their attempts, to be looked at and decided on."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from sorter.errors import ConflictError, NotFoundError
from storage import events
from storage.models import NOW, ImageRow, SessionRow
from storage.records import ImageRecord, ImageState, QuarantinedImage
from storage.rules import why_not_replayed
from storage.sql.base import SqlBase, append_event, lock_image
from storage.sql.records import image_record


class SqlQuarantine(SqlBase):
    """The methods of :class:`storage.ports.Store` that ``sorterbot quarantine`` calls."""

    def load_quarantine(self) -> list[QuarantinedImage]:
        query = _quarantined().order_by(ImageRow.quarantined_at, ImageRow.image_id)
        with self._reading() as db:
            return [_record(image, session) for image, session in db.execute(query)]

    def load_quarantined(self, image_id: str) -> QuarantinedImage:
        query = _quarantined().where(ImageRow.image_id == image_id)
        with self._reading() as db:
            found = db.execute(query).one_or_none()
            if found is None:
                raise _nowhere(image_id)
            return _record(*found)

    def replay_image(self, image_id: str) -> ImageRecord:
        with self._transaction() as db:
            image = _locked(db, image_id)
            reason = why_not_replayed(db.get_one(SessionRow, image.session_id).state)
            if reason is not None:
                raise ConflictError(reason)
            image.state = ImageState.RECEIVED
            image.attempt, image.claimants = 0, []
            image.failure = image.last_error = None
            image.quarantined_at = image.finished_at = image.published_at = None
            image.waiting_since = NOW
            db.flush()
            record = image_record(image)
            append_event(db, image.session_id, events.image_replayed(record))
            return record

    def drop_quarantined(self, image_id: str) -> ImageRecord:
        with self._transaction() as db:
            image = _locked(db, image_id)
            image.quarantined_at = None
            db.flush()
            return image_record(image)


def _quarantined() -> Select[ImageRow, SessionRow]:
    return (
        select(ImageRow, SessionRow)
        .join(SessionRow, SessionRow.session_id == ImageRow.session_id)
        .where(ImageRow.quarantined_at.is_not(None))
    )


def _locked(db: Session, image_id: str) -> ImageRow:
    """Lock a quarantined picture, its session's row before it.

    Raises:
        NotFoundError: It is not in quarantine.
    """
    image = lock_image(db, image_id)
    if image is None or image.quarantined_at is None:
        raise _nowhere(image_id)
    return image


def _nowhere(image_id: str) -> NotFoundError:
    return NotFoundError(f"there is no picture {image_id!r} in quarantine")


def _record(image: ImageRow, session: SessionRow) -> QuarantinedImage:
    if image.quarantined_at is None:
        raise _nowhere(image.image_id)
    return QuarantinedImage(
        image=image_record(image),
        arm_id=session.arm_id,
        session_state=session.state,
        quarantined_at=image.quarantined_at,
        worker_ids=tuple(image.claimants),
        last_error=image.last_error,
    )
