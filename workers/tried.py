"""Pictures that operators tried at the console are deleted after a day."""

from __future__ import annotations

import structlog

from storage.overview import TRIED_KEPT_S
from workers.services import Services

BEFORE_DEADLINE_S = 30.0
"""A sweep comes every few seconds. At its deadline, a day after it was opened, a session is sealed
by it, and then sorted."""

_log = structlog.get_logger(__name__)


def delete_old_tried(using: Services) -> int:
    """Delete what was tried a day ago, and return how many pictures' sessions that was.

    It goes :data:`BEFORE_DEADLINE_S` early, so that it is never sorted. The
    bytes go first: where this is broken off, the rows still name what is left of them.

    Raises:
        TransientError: Rows or image store did not answer; the next sweep goes on.
    """
    tried = using.store.load_tried(TRIED_KEPT_S - BEFORE_DEADLINE_S)
    for picture in tried:
        for key in picture.keys:
            using.images.delete_image(key)
        using.store.delete_tried(picture.session_id)
    if tried:
        _log.info("tried pictures deleted", n=len(tried))
    return len(tried)
