"""What may be asked of the store, and every change that may be made to it, each one transaction.

Locks are taken session first, then image.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sorter.types import Arm, Detections, Photograph
from storage.check_ins import CheckIn
from storage.figures import SiteFigures
from storage.operators import OperatorKey
from storage.overview import ArmHours, ArmNow, PictureTimes, SessionFilter, TriedPicture
from storage.records import (
    Acceptance,
    Backlog,
    Document,
    Event,
    FairShare,
    ImageClaim,
    ImageRecord,
    KeyRecord,
    NewImage,
    Outcome,
    QuarantinedImage,
    SessionClaim,
    SessionRecord,
    WorkerRecord,
)
from storage.views import ReadImage, Reading, Replay


class Store(Protocol):
    """The rows. Every method is one transaction, safe to repeat.

    Raises:
        TransientError: The database did not answer; from any method.
        NotFoundError: A named arm, session or image does not exist; from any method but claims.
    """

    # arms and keys
    def save_arm(self, arm: Arm) -> bool:
        """Register or change an arm; return whether it is new."""
        ...

    def load_arm(self, arm_id: str) -> Arm: ...

    def save_key(self, key_id: str, arm_id: str, secret_sha256: str) -> KeyRecord: ...

    def load_key(self, key_id: str) -> KeyRecord: ...

    def load_keys(self, arm_id: str | None = None) -> list[KeyRecord]: ...

    def revoke_key(self, key_id: str) -> KeyRecord: ...

    # the robot's side
    def open_session(
        self,
        arm_id: str,
        *,
        expected_images: int | None,
        min_images: int,
        deadline_s: float,
        idempotency_key: str | None,
        request_id: str | None,
    ) -> tuple[SessionRecord, bool]:
        """Open a session, or return the one that the same idempotency key opened (and False).

        Raises:
            ConflictError: The key was used with other parameters.
        """
        ...

    def load_session(self, session_id: str) -> SessionRecord: ...

    def find_sessions(
        self, key_prefix: str, arm_id: str | None = None, limit: int | None = None
    ) -> list[SessionRecord]:
        """Return the sessions whose idempotency key begins so, the newest first.

        Args:
            arm_id: Of this arm alone, known or not.
        """
        ...

    def load_images(self, session_id: str) -> list[ImageRecord]:
        """Return the session's pictures by index."""
        ...

    def load_plan(self, session_id: str) -> Document | None: ...

    def load_image_at(self, session_id: str, position_pw: float) -> ImageRecord | None:
        """Return the session's picture of a position; ``None`` also where there is no session."""
        ...

    def accept_image(
        self,
        session_id: str,
        new: NewImage,
        request_id: str | None,
        share: FairShare | None = None,
    ) -> Acceptance:
        """Take a picture in; seal the session where it is the last that was expected.

        The same bytes at the same position return what they returned before, in any state.

        Args:
            share: What its arm may have on the queue; without it no turn is taken.

        Raises:
            ConflictError: Other bytes at that position, or the session takes no more pictures.
        """
        ...

    def take_turns(self, session_id: str | None, share: FairShare) -> list[ImageRecord]:
        """Take from what the session's arm has waiting as much as its share has room for.

        What is returned, oldest first, is the caller's to publish; what it does not, the
        sweeper does. A picture gets its turn once, and without a turn none is published.

        Args:
            session_id: Any session of the arm; ``None`` for all arms, each by itself.
        """
        ...

    def mark_published(self, image_id: str) -> None:
        """Note that the queue has the picture, so that the sweeper need not publish it."""
        ...

    def seal_session(self, session_id: str, arm: Arm | None = None) -> tuple[SessionRecord, bool]:
        """Take no more pictures; return the session and whether this call sealed it.

        Args:
            arm: Takes the place of the arm as it was at the opening, where this call seals.
        """
        ...

    def save_outcomes(self, session_id: str, outcomes: Sequence[Outcome]) -> None:
        """Note what the robot managed; a command told again replaces what was said before.

        Raises:
            ConflictError: The session has no plan, or the plan has no such command.
        """
        ...

    def note_panorama(self, session_id: str, which: str, name: str) -> None:
        """Tell that a session's pictures, ``before`` or ``after``, are kept drawn together."""
        ...

    def load_outcomes(self, session_id: str) -> list[Outcome]: ...

    def load_events(self, session_id: str, after_id: int = 0, limit: int = 500) -> list[Event]: ...

    def load_backlog(self) -> Backlog: ...

    def check_in(self, arm_id: str, *, is_ready: bool) -> bool:
        """Note that a robot waits to begin; return whether it is to begin now.

        A wish to start is told once, to a robot that is ready, and is void after
        :data:`storage.check_ins.START_LASTS_S`.
        """
        ...

    def ask_start(self, arm_id: str) -> None:
        """Wish that a robot starts at its next check-in.

        Raises:
            NotFoundError: None of that arm ever checked in.
        """
        ...

    def load_check_ins(self) -> list[CheckIn]:
        """Return every robot that ever checked in, by arm."""
        ...

    # the workers' side
    def beat(self, worker_id: str, queue: str) -> None:
        """Say that a worker process lives."""
        ...

    def load_workers(self, alive_within_s: float) -> list[WorkerRecord]: ...

    def claim_image(
        self,
        image_id: str,
        worker_id: str,
        *,
        dead_after_s: float,
        max_attempts: int,
        first_only: bool = False,
    ) -> ImageClaim | None:
        """Claim a picture that waits, or whose claimant is dead.

        A worker that holds the picture already, and may not have heard of it, gets the same claim
        again. ``None`` where there is nothing to do. A picture that has used up its attempts is
        failed (quarantined) instead. With ``first_only`` one that was claimed before, by another
        or for another attempt, is left as it is.
        """
        ...

    def save_detections(
        self,
        claim: ImageClaim,
        detections: Detections,
        model: str,
        reading: Reading | None = None,
    ) -> bool:
        """Replace the picture's detections; False, and no change, where the claim was lost."""
        ...

    def fail_image(self, claim: ImageClaim, reason: str) -> bool:
        """Record that a picture cannot be read; False, and no change, where the claim was lost."""
        ...

    def release_image(
        self, claim: ImageClaim, reason: str | None = None, *, is_counted: bool = True
    ) -> bool:
        """Give a picture back unread, to be tried again.

        Args:
            reason: Kept for whoever looks at the picture should it end in quarantine.
            is_counted: Whether the attempt stays counted; not where the picture had no part in it.
        """
        ...

    def claim_session(
        self, session_id: str, worker_id: str, *, dead_after_s: float, max_attempts: int
    ) -> SessionClaim | None:
        """Claim a sealed session whose images are all final, or whose sorter is dead.

        A worker that holds the session already gets the same claim again. ``None`` where it is
        not ready, taken, or done. A session that has used up its attempts, or of which fewer
        than ``min_images`` pictures could be read, is failed instead.
        """
        ...

    def load_photographs(self, session_id: str) -> list[Photograph]:
        """Return what was detected in each picture that could be read, by index."""
        ...

    def save_plan(
        self, claim: SessionClaim, plan: Document, explanation: Document | None = None
    ) -> bool:
        """Commit plan, explanation and end state together.

        False, and no change, where the claim was lost.
        """
        ...

    def fail_session(self, claim: SessionClaim, reason: str) -> bool: ...

    def release_session(self, claim: SessionClaim, *, is_counted: bool = True) -> bool:
        """Give a session back unsorted (to ``sealed``), to be tried again.

        Args:
            is_counted: Whether the attempt stays counted; not where the session had no part in it.
        """
        ...

    # the console's side
    def load_read_images(self, session_id: str) -> list[ReadImage]:
        """Return the session's pictures by index, with what was found in them and how."""
        ...

    def load_explanation(self, session_id: str) -> Document | None:
        """Return how the plan came about; ``None`` where there is none, or nobody said."""
        ...

    def ask_replay(
        self, session_id: str, detector: str, embedder: str, *, is_begun: bool = False
    ) -> Replay:
        """Note the wish that a session's pictures be sorted once more, by these models.

        Args:
            is_begun: Whoever asks runs it as well: it waits for nobody.
        """
        ...

    def claim_replay(self) -> Replay | None:
        """Begin the oldest replay that waits; ``None`` where none does.

        One that began :data:`storage.views.REPLAY_LEASE_S` ago and has not ended waits again.
        """
        ...

    def end_replay(
        self, replay_id: str, result: Document | None, failure: str | None = None
    ) -> bool:
        """Write down what a running replay came to: a result, or why there is none.

        False, and no change, where it is not running.
        """
        ...

    def load_replays(self, session_id: str) -> list[Replay]:
        """Return a session's last :data:`storage.views.MOST_REPLAYS`, the last asked for first."""
        ...

    def load_arms_now(self) -> list[ArmNow]:
        """Return every arm of a robot, by name."""
        ...

    def load_arm_hours(self) -> list[ArmHours]:
        """Return the last day of each arm that sent a picture in it, by the arm's name."""
        ...

    def load_picture_times(self, window_s: float, limit: int) -> list[PictureTimes]:
        """Return the pictures that are not final, or became so within the window.

        The newest ``limit`` of them, in the order in which they came; tried ones, too.
        """
        ...

    def find_history(
        self, which: SessionFilter, before_id: str | None, limit: int
    ) -> list[SessionRecord]:
        """Return sessions that fit, the newest first, from the one after ``before_id`` on.

        Raises:
            NotFoundError: There is no session ``before_id``.
        """
        ...

    def load_tried(self, older_than_s: float) -> list[TriedPicture]:
        """Return the tried pictures that are older than that."""
        ...

    def delete_tried(self, session_id: str) -> None:
        """Forget a tried picture and what was found in it; a robot's session is left alone."""
        ...

    # the operator's side
    def load_quarantine(self) -> list[QuarantinedImage]:
        """Return the pictures that used up their attempts, the longest in quarantine first."""
        ...

    def load_quarantined(self, image_id: str) -> QuarantinedImage: ...

    def replay_image(self, image_id: str) -> ImageRecord:
        """Let a quarantined picture begin anew, with fresh attempts; the sweeper publishes it.

        Raises:
            ConflictError: Its session is being sorted, or is over.
        """
        ...

    def drop_quarantined(self, image_id: str) -> ImageRecord:
        """Take a picture off the list; it stays failed, and its bytes stay where they are."""
        ...

    def save_operator_key(self, key_id: str, name: str, secret_sha256: str) -> OperatorKey: ...

    def load_operator_key(self, key_id: str) -> OperatorKey: ...

    def load_operator_keys(self) -> list[OperatorKey]:
        """Return every operator's key, revoked ones too, in the order in which they were made."""
        ...

    def revoke_operator_key(self, key_id: str) -> OperatorKey:
        """Let nobody in by the key any more, and sign out whoever came in by it."""
        ...

    def save_sign_in(self, token_sha256: str, key_id: str, lasts_s: float) -> None:
        """Note that a browser is signed in for so long, by the hash of what it shows.

        Raises:
            ConflictError: The key was revoked.
        """
        ...

    def load_sign_in(self, token_sha256: str) -> OperatorKey:
        """Return the key by which a browser is signed in.

        Raises:
            NotFoundError: It is not, or no longer, or its key was revoked.
        """
        ...

    def end_sign_in(self, token_sha256: str) -> None:
        """Sign a browser out; harmless where it is not signed in."""
        ...

    # the sweeper's side
    def load_images_to_publish(
        self, *, unpublished_s: float, dead_after_s: float, queue_is_empty: bool, stuck_s: float
    ) -> list[ImageRecord]:
        """Return pictures that nobody works on and that the queue is not known to hold.

        Those not published for ``unpublished_s`` though it was their turn; those claimed by a
        worker silent for ``dead_after_s``; those overtaken by one that was published ``stuck_s``
        later; and, only while the queue is empty, those published ``stuck_s`` ago.
        """
        ...

    def load_sessions_to_sort(
        self, *, dead_after_s: float, queue_is_short: bool, stuck_s: float
    ) -> list[SessionRecord]:
        """Return sealed sessions, all images final, that nobody sorts nor the queue surely holds.

        Those claimed by a worker silent for ``dead_after_s``; those overtaken by one that became
        ready ``stuck_s`` later; and, only while the queue is short, those that have been ready, or
        were published again, ``stuck_s`` ago.
        """
        ...

    def mark_republished(self, session_id: str) -> None:
        """Note that the session's sorting was put onto the queue, other than by its chord."""
        ...

    def seal_overdue_sessions(self) -> list[SessionRecord]:
        """Seal the open sessions whose deadline is past, and return them."""
        ...

    def fail_overdue_images(self, grace_s: float) -> list[ImageRecord]:
        """Fail what is unfinished in sessions ``grace_s`` past their deadline; return it."""
        ...

    def load_figures(self, alive_within_s: float) -> SiteFigures:
        """Count what there is, for whoever watches; workers as in :meth:`load_workers`."""
        ...

    def forget_dead_workers(self, silent_s: float) -> int:
        """Delete the rows of workers silent that long, and return how many there were."""
        ...


class ImageStore(Protocol):
    """The bytes of pictures."""

    def save_image(self, session_id: str, data: bytes) -> str:
        """Keep the bytes durably and return their key, which holds their SHA-256.

        Saved again, the same bytes get the same key.

        Raises:
            TransientError: They could not be kept now.
            StorageFullError: There is no room for them.
        """
        ...

    def load_image(self, key: str) -> bytes:
        """Return the bytes.

        Raises:
            NotFoundError: No such key.
            TransientError: They could not be read now.
        """
        ...

    def delete_image(self, key: str) -> None:
        """Forget the bytes; harmless where there are none.

        Raises:
            NotFoundError: Nothing can be kept under such a key.
            TransientError: They could not be deleted now.
        """
        ...

    def save_named(self, name: str, data: bytes) -> None:
        """Keep bytes durably under a name of the original's; what it held is replaced.

        Args:
            name: As :func:`storage.keys.original_name` makes it.

        Raises:
            NotFoundError: Nothing can be kept under such a name.
            TransientError: They could not be kept now.
            StorageFullError: There is no room for them.
        """
        ...

    def load_named(self, name: str) -> bytes:
        """Return the bytes under such a name.

        Raises:
            NotFoundError: No such name.
            TransientError: They could not be read now.
        """
        ...

    def is_writable(self) -> bool:
        """Whether a picture could be kept now."""
        ...
