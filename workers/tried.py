"""Pictures that operators tried at the console are deleted after a day."""

from __future__ import annotations

import structlog

from storage.overview import TRIED_KEPT_S
from workers.services import Services

_log = structlog.get_logger(__name__)


def delete_old_tried(using: Services) -> int:
    """Delete what was tried more than a day ago, and return how many pictures' sessions that was.

    The bytes go first: where this is broken off, the rows still name what is left of them.

    Raises:
        TransientError: Rows or image store did not answer; the next sweep goes on.
    """
    tried = using.store.load_tried(TRIED_KEPT_S)
    for picture in tried:
        for key in picture.keys:
            using.images.delete_image(key)
        using.store.delete_tried(picture.session_id)
    if tried:
        _log.info("tried pictures deleted", n=len(tried))
    return len(tried)
