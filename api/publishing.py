"""From rows to messages. The row is the intent: what is not published now is published later.

A picture whose arm has its share on the queue waits for its turn: whoever finishes one of the
arm's pictures publishes the next, and the sweeper whatever is left.

So nothing here fails a request: a picture whose row is committed is accepted, whatever the
broker does.
"""

from __future__ import annotations

import structlog

from api.context import Context
from storage.records import Acceptance, ImageRecord, SessionRecord
from workers.queue import publish_images

log = structlog.get_logger(__name__)


def publish_acceptance(context: Context, acceptance: Acceptance, request_id: str) -> None:
    """Publish what the arm may have on the queue, and the closing where it was the last."""
    services = context.services
    image = acceptance.image
    try:
        due = [image] if acceptance.has_turn else _held_back(context, image.session_id)
        publish_images(due, services.queue, services.store)
    # Whatever went wrong, the picture is safe and the robot must not send it again.
    except Exception as error:  # noqa: BLE001
        _note_failure(context, error, image_id=image.image_id)
    if acceptance.has_sealed:
        _publish_closing(context, image.session_id, image.index + 1, request_id)


def publish_closing(context: Context, session: SessionRecord, request_id: str) -> None:
    """Publish the last, light member of a session's chord."""
    _publish_closing(context, session.session_id, session.n_images, request_id)


def _held_back(context: Context, session_id: str) -> list[ImageRecord]:
    """Take the turns that have come free since the picture was taken in without one."""
    return context.services.store.take_turns(session_id, context.settings.share)


def _publish_closing(context: Context, session_id: str, n_images: int, request_id: str) -> None:
    try:
        context.services.queue.publish_closing(session_id, n_images, request_id)
    # The session is sealed, and the sweeper sorts what is sealed and looked at.
    except Exception as error:  # noqa: BLE001
        _note_failure(context, error, session_id=session_id)


def _note_failure(context: Context, error: Exception, **ids: str) -> None:
    context.metrics.publish_failures.inc()
    log.warning("publish_failed", reason=type(error).__name__, **ids)
