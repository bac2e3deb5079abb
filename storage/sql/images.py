"""The GPU workers' side: claiming a picture and writing down what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select
from sqlalchemy.orm import Session

from sorter.types import Detections
from storage import events
from storage.models import NOW, STATEMENT_BEGAN_AT, ImageRow
from storage.records import ImageClaim, ImageState
from storage.rules import quarantine_reason
from storage.sql.base import SqlBase, append_event, claim_void_at, lock_image
from storage.sql.detecting import CLAIM, SAVE, save_values
from storage.sql.lookups import image_of
from storage.sql.records import image_record
from storage.texts import plain_reason
from storage.views import Reading


class SqlImages(SqlBase):
    """The methods of :class:`storage.ports.Store` that ``detect_image`` calls."""

    def claim_image(
        self,
        image_id: str,
        worker_id: str,
        *,
        dead_after_s: float,
        max_attempts: int,
        first_only: bool = False,
    ) -> ImageClaim | None:
        most = min(1, max_attempts) if first_only else max_attempts
        values = {"image_id": image_id, "worker_id": worker_id, "max_attempts": most}
        for row in self._ask(CLAIM, values):
            image = image_of(row)
            return ImageClaim(image, worker_id, image.attempt)
        return self._claim_again(image_id, worker_id, dead_after_s, max_attempts, first_only)

    def _claim_again(
        self,
        image_id: str,
        worker_id: str,
        dead_after_s: float,
        max_attempts: int,
        first_only: bool,
    ) -> ImageClaim | None:
        """Claim what a dead worker holds, or this one; give up what was tried too often."""
        with self._transaction() as db:
            image = lock_image(db, image_id)
            is_own = image is not None and image.claimed_by == worker_id
            if image is None or (first_only and image.attempt > is_own):
                return None
            if not _is_claimable(db, image, dead_after_s):
                return ImageClaim(image_record(image), worker_id, image.attempt) if is_own else None
            if image.attempt >= max_attempts:
                image.quarantined_at = NOW
                fail(db, image, quarantine_reason(image.attempt))
                return None
            if image.state is ImageState.DETECTING:
                append_event(db, image.session_id, events.image_retried(image_record(image), None))
            image.attempt += 1
            image.state = ImageState.DETECTING
            image.claimed_by = worker_id
            image.claimants = [*image.claimants, worker_id]
            image.claimed_at = NOW
            db.flush()
            return ImageClaim(image_record(image), worker_id, image.attempt)

    def save_detections(
        self,
        claim: ImageClaim,
        detections: Detections,
        model: str,
        reading: Reading | None = None,
    ) -> bool:
        return bool(self._ask(SAVE, save_values(claim, detections, model, reading)))

    def fail_image(self, claim: ImageClaim, reason: str) -> bool:
        with self._transaction() as db, self._own(db, claim) as image:
            if image is None:
                return False
            fail(db, image, plain_reason(reason))
            return True

    def release_image(
        self, claim: ImageClaim, reason: str | None = None, *, is_counted: bool = True
    ) -> bool:
        with self._transaction() as db, self._own(db, claim) as image:
            if image is None:
                return False
            image.state = ImageState.RECEIVED
            image.claimed_by = image.claimed_at = image.published_at = None
            image.waiting_since = NOW
            if is_counted:
                image.last_error = None if reason is None else plain_reason(reason)
                told = events.image_retried(image_record(image), image.last_error)
                append_event(db, image.session_id, told)
            else:
                image.attempt -= 1
                image.claimants = image.claimants[:-1]
            return True

    @contextmanager
    def _own(self, db: Session, claim: ImageClaim) -> Iterator[ImageRow | None]:
        """Lock the claimed picture; None where the claim is no longer the claimant's own."""
        image = lock_image(db, claim.image.image_id)
        is_own = (
            image is not None
            and image.state is ImageState.DETECTING
            and (image.claimed_by, image.attempt) == (claim.worker_id, claim.attempt)
        )
        yield image if is_own else None


def fail(db: Session, image: ImageRow, reason: str) -> None:
    """Fail a picture whose row and whose session's row are locked."""
    image.failure = reason
    finish(db, image, ImageState.FAILED)
    append_event(db, image.session_id, events.image_failed(image_record(image)))


def finish(db: Session, image: ImageRow, state: ImageState) -> None:
    """Let a locked picture's row reach its last state."""
    image.state = state
    image.claimed_by = image.claimed_at = None
    image.finished_at = NOW
    db.flush()


def _is_claimable(db: Session, image: ImageRow, dead_after_s: float) -> bool:
    if image.state is not ImageState.DETECTING:
        return image.state is ImageState.RECEIVED
    is_void = select(claim_void_at(ImageRow, dead_after_s) <= STATEMENT_BEGAN_AT)
    return bool(db.scalar(is_void.where(ImageRow.image_id == image.image_id)))
