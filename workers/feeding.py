"""Tells a feed's events one after the other, patiently: nobody waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from sorter.errors import SorterBotError, TransientError
from storage.feeds import EventFeed, FeedEvent
from workers.panel import PanelBusyError

BATCH = 100
PAUSE_S = 1.0
"""From finding nothing to the next look."""

STAND_BY_S = 3.0
FIRST_BACKOFF_S = 1.0
MAX_BACKOFF_S = 30.0

MAX_REFUSALS = 8
"""Of one event. With pauses that double up to :data:`MAX_REST_S`, about two minutes."""

MAX_REST_S = 60.0
FORGET_EVERY = 600
"""So many looks that found nothing, ten minutes or more."""

_log = structlog.get_logger(__name__)

Tell = Callable[[FeedEvent], None]
"""Tells one event: TransientError where nobody listens, any other of ours where it is refused."""


@dataclass(slots=True)
class _Rest:
    """A session whose next event was refused, and is not told before ``until_s``."""

    event_id: int
    n_refusals: int
    until_s: float


@dataclass(slots=True)
class Feeder:
    """One feed and the one whom it tells.

    What is told stays in order within a session. A listener that is away stops the feed until it
    is back; an event that is refused stops its own session only, and is passed over in the end.

    Attributes:
        stop: Ends :meth:`run`; its ``wait`` is also how time passes.
        clock_s: Any clock that only rises.
    """

    feed: EventFeed
    tell: Tell
    stop: threading.Event
    clock_s: Callable[[], float]
    _rests: dict[str, _Rest] = field(default_factory=dict)
    _backoff_s: float = FIRST_BACKOFF_S
    _n_quiet: int = 0

    def run(self) -> None:
        """Feed until :attr:`stop` is set."""
        pause_s = 0.0
        while not self.stop.wait(pause_s):
            try:
                pause_s = self.look()
                self._backoff_s = FIRST_BACKOFF_S
            except PanelBusyError as error:
                pause_s = error.pause_s
            except TransientError as error:
                _log.warning("feed waits", reason=str(error), pause_s=self._backoff_s)
                pause_s = self._backoff_s
                self._backoff_s = min(2 * self._backoff_s, MAX_BACKOFF_S)

    def look(self) -> float:
        """Tell what there is to tell, and return how long to wait before the next look.

        Raises:
            TransientError: Nobody listens, or the database did not answer.
        """
        if not self.feed.take():
            return STAND_BY_S
        now_s = self.clock_s()
        resting = [session for session, rest in self._rests.items() if rest.until_s > now_s]
        untold = self.feed.load_untold(BATCH, resting)
        refused: set[str] = set()
        for told in untold:
            if self.stop.is_set():
                break
            if told.event.session_id not in refused and not self._tell(told):
                refused.add(told.event.session_id)
        self._tidy(is_quiet=not untold)
        return 0.0 if untold else PAUSE_S

    def _tell(self, told: FeedEvent) -> bool:
        """Tell one event; return whether its session's next one may be told."""
        event = told.event
        try:
            self.tell(told)
        except TransientError:
            raise
        except SorterBotError as error:
            if not self._note_refusal(told, str(error)):
                return False
        self.feed.mark_told(event)
        self._rests.pop(event.session_id, None)
        return True

    def _note_refusal(self, told: FeedEvent, reason: str) -> bool:
        """Let the session rest; return whether it was the last time, and the event is given up."""
        event = told.event
        rest = self._rests.get(event.session_id)
        n = 1 if rest is None or rest.event_id != event.event_id else rest.n_refusals + 1
        if n == MAX_REFUSALS:
            _log.error("event not told", session_id=event.session_id, kind=event.kind, why=reason)
            return True
        rest_s = min(2.0 ** (n - 1), MAX_REST_S)
        self._rests[event.session_id] = _Rest(event.event_id, n, self.clock_s() + rest_s)
        return False

    def _tidy(self, *, is_quiet: bool) -> None:
        """Forget, now and then, where nothing is to be told any more."""
        self._n_quiet += is_quiet
        if self._n_quiet < FORGET_EVERY:
            return
        self._n_quiet = 0
        self.feed.forget_old()
        long_ago_s = self.clock_s() - MAX_REST_S
        self._rests = {
            name: rest for name, rest in self._rests.items() if rest.until_s > long_ago_s
        }
