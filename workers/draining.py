"""A worker that is asked to end finishes what it can, gives back the rest, and is gone in time.

Celery waits for its tasks for as long as they take, and whoever stops a worker kills it sooner:
the local stack after ten seconds. What a killed worker held lies until its silence is noticed.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

import structlog

from sorter.errors import TransientError
from storage.records import ImageClaim
from workers.held import Claim
from workers.queue import publish_images
from workers.services import Services

FINISH_WITHIN_S = 4.0
"""For so long work goes on as if nothing had been asked."""

END_WITHIN_S = 8.0
"""After that whatever is still held is given back, and the process ends."""

GIVE_BACK_WITHIN_S = 1.0
"""Longer than rows and queue need; where they are away, the sweeper finds what was held."""

_log = structlog.get_logger(__name__)


def end_well() -> None:
    """End this process at once, as one that did what it was asked."""
    os._exit(0)


class Draining:
    """Ends one worker process in good order.

    Args:
        stop_detecting: Lets no picture into the network any more; those that wait for it are
            given back by the threads that hold them.
        end: Ends the process at once, as one that did what it was asked.
    """

    def __init__(
        self,
        using: Services,
        stop_detecting: Callable[[], None],
        *,
        end: Callable[[], None] = end_well,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._using = using
        self._stop_detecting = stop_detecting
        self._end = end
        self._sleep = sleep
        self._has_begun = threading.Event()

    def begin(self) -> None:
        """Start to drain and return at once; a second time changes nothing."""
        if not self._has_begun.is_set():
            self._has_begun.set()
            self._using.held.is_ending = True
            for name, run in (("drain", self._stop_early), ("end", self._end_late)):
                threading.Thread(target=run, name=name, daemon=True).start()

    def _stop_early(self) -> None:
        self._sleep(FINISH_WITHIN_S)
        self._stop_detecting()

    def _end_late(self) -> None:
        self._sleep(END_WITHIN_S)
        giving = threading.Thread(target=give_back_all, args=(self._using,), daemon=True)
        giving.start()
        giving.join(GIVE_BACK_WITHIN_S)
        _log.warning("ended with work in hand", n_held=len(self._using.held.claims()))
        self._end()


def give_back_all(using: Services) -> None:
    """Release everything that is held and publish it again, as far as that is possible now."""
    for claim in using.held.claims():
        try:
            _give_back(claim, using)
        except TransientError:
            _log.warning("left to the sweeper", exc_info=True)


def _give_back(claim: Claim, using: Services) -> None:
    if isinstance(claim, ImageClaim):
        if using.store.release_image(claim, is_counted=False):
            publish_images([claim.image], using.queue, using.store)
    elif using.store.release_session(claim, is_counted=False):
        session = claim.session
        using.queue.publish_sort(session.session_id, session.request_id)
