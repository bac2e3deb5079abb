"""The sweeper: puts right what a crash or an emptied Redis left behind.

It only publishes what is published anyway, under the same names; claims and fences decide what
is done. Work is never published again for its age alone: a busy queue would grow without end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from storage.records import ImageRecord, SessionRecord
from workers.ports import QueueLengths
from workers.queue import publish_images
from workers.services import Services
from workers.turns import publish_turns


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What one sweep put right; all 0 where all is well."""

    images_published: int
    sessions_sealed: int
    images_failed: int
    sessions_published: int
    workers_forgotten: int

    @property
    def is_quiet(self) -> bool:
        """Whether there was nothing to do."""
        return self == SweepReport(0, 0, 0, 0, 0)


def sweep(using: Services) -> SweepReport:
    """Look once for lost work, and publish it again.

    Raises:
        TransientError: Database or queue did not answer; the next sweep goes on.
    """
    lengths = using.queue.load_lengths()
    return SweepReport(
        sessions_sealed=_seal_overdue(using),
        images_failed=len(using.store.fail_overdue_images(using.rules.image_grace_s)),
        images_published=publish_images(_lost_images(lengths, using), using.queue, using.store)
        + publish_turns(None, using),
        sessions_published=_publish_sessions(_lost_sessions(lengths, using), using),
        workers_forgotten=using.store.forget_dead_workers(using.rules.forget_after_s),
    )


def _seal_overdue(using: Services) -> int:
    sealed = using.store.seal_overdue_sessions()
    for session in sealed:
        using.queue.publish_closing(session.session_id, session.n_images, session.request_id)
    return len(sealed)


def _lost_images(lengths: QueueLengths, using: Services) -> Sequence[ImageRecord]:
    return using.store.load_images_to_publish(
        unpublished_s=using.rules.unpublished_s,
        dead_after_s=using.rules.dead_after_s,
        queue_is_empty=lengths.gpu == 0,
        stuck_s=using.rules.stuck_s,
    )


def _lost_sessions(lengths: QueueLengths, using: Services) -> Sequence[SessionRecord]:
    return using.store.load_sessions_to_sort(
        dead_after_s=using.rules.dead_after_s,
        queue_is_short=lengths.sort <= using.rules.short_queue,
        stuck_s=using.rules.sort_stuck_s,
    )


def _publish_sessions(sessions: Sequence[SessionRecord], using: Services) -> int:
    for session in sessions:
        using.queue.publish_sort(session.session_id, session.request_id)
        using.store.mark_republished(session.session_id)
    return len(sessions)
