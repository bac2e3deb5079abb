"""Small pictures of a session, drawn when somebody first looks, and kept beside the session's own.

Robots need the gateway's threads: no more than two drawings are made at a time, and no more than
a few wait for their turn. Whoever comes beyond that is asked to come again.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable

import structlog

from api.errors import QueueFullError
from api.slots import Slots
from sorter.errors import NotFoundError, StorageFullError, TransientError
from storage.keys import original_name
from storage.ports import ImageStore

AT_ONCE = 2
"""Each may hold one decoded picture: 150 MB for the largest PNG that is taken in."""

MOST_WAITING = 8
AGAIN_S = 1
FOLDER = "drawn"
"""Below the session's id; no session of the original's is called so."""

log = structlog.get_logger(__name__)


def drawing_name(session_id: str, kind: str, made_of: str) -> str:
    """Return the name under which a drawing is kept: other ingredients make another drawing."""
    digest = hashlib.sha256(made_of.encode()).hexdigest()[:40]
    return original_name(session_id, FOLDER, f"{kind}-{digest}.jpg")


class Drawings:
    """Draws what is not there yet; one for a gateway process."""

    def __init__(
        self, images: ImageStore, *, at_once: int = AT_ONCE, most_waiting: int = MOST_WAITING
    ) -> None:
        self._images = images
        self._waiting = Slots(at_once + most_waiting)
        self._drawing = threading.BoundedSemaphore(at_once)

    def get(self, name: str, draw: Callable[[], bytes]) -> bytes:
        """Return a drawing, made now where nobody looked before.

        Raises:
            QueueFullError: Too many are being drawn.
            TransientError: The image store does not answer.
        """
        found = self._find(name)
        if found is not None:
            return found
        if not self._waiting.take():
            raise QueueFullError("too many pictures are being drawn", AGAIN_S)
        try:
            with self._drawing:
                return self._find(name) or self._keep(name, draw())
        finally:
            self._waiting.give_back()

    def _find(self, name: str) -> bytes | None:
        try:
            return self._images.load_named(name)
        except NotFoundError:
            return None

    def _keep(self, name: str, data: bytes) -> bytes:
        """Keep a drawing where that can be done: it is shown in any case."""
        try:
            self._images.save_named(name, data)
        except (TransientError, StorageFullError) as error:
            log.warning("drawing_not_kept", reason=str(error))
        return data
