"""The operator's side of the fake store."""

from __future__ import annotations

from dataclasses import replace

from sorter.errors import ConflictError, NotFoundError
from storage import events, rules
from storage.records import ImageRecord, ImageState, QuarantinedImage
from tests.fake_store.rows import FakeImage, FakeRows, FakeSession


class FakeQuarantine(FakeRows):
    """Twin of :mod:`storage.sql.quarantine`."""

    def load_quarantine(self) -> list[QuarantinedImage]:
        with self._transaction():
            found = [_record(*pair) for pair in self._images() if pair[1].quarantined_at]
            return sorted(found, key=lambda one: (one.quarantined_at, one.image.image_id))

    def load_quarantined(self, image_id: str) -> QuarantinedImage:
        with self._transaction():
            return _record(*self._quarantined(image_id))

    def replay_image(self, image_id: str) -> ImageRecord:
        with self._transaction() as now:
            session, image = self._quarantined(image_id)
            reason = rules.why_not_replayed(session.record.state)
            if reason is not None:
                raise ConflictError(reason)
            image.record = replace(
                image.record, state=ImageState.RECEIVED, attempt=0, failure=None, finished_at=None
            )
            image.claimants, image.last_error = [], None
            image.quarantined_at = image.published_at = None
            image.waiting_since = now
            self._tell(session.record.session_id, events.image_replayed(image.record))
            return image.record

    def drop_quarantined(self, image_id: str) -> ImageRecord:
        with self._transaction():
            _, image = self._quarantined(image_id)
            image.quarantined_at = None
            return image.record

    def _quarantined(self, image_id: str) -> tuple[FakeSession, FakeImage]:
        for session, image in self._images():
            if image.record.image_id == image_id and image.quarantined_at is not None:
                return session, image
        raise NotFoundError(f"there is no picture {image_id!r} in quarantine")


def _record(session: FakeSession, image: FakeImage) -> QuarantinedImage:
    if image.quarantined_at is None:
        raise AssertionError("only what is in quarantine is asked for")
    return QuarantinedImage(
        image=image.record,
        arm_id=session.record.arm.arm_id,
        session_state=session.record.state,
        quarantined_at=image.quarantined_at,
        worker_ids=tuple(image.claimants),
        last_error=image.last_error,
    )
