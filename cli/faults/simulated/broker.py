"""A broker that delivers at least once, mostly: a twin of Celery on Redis as far as we use it.

It hands messages out in a seeded order, some twice, and loses a few. What a worker held when it
was killed comes back after the visibility timeout. Source for each: docs/adr/0002-growing-chord.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from cli.faults.unreliable_store import Strikes
from workers.ports import QueueLengths
from workers.settings import CLOSE_SESSION, DETECT_IMAGE, GPU_QUEUE, SORT_QUEUE, SORT_SESSION

VISIBILITY_TIMEOUT_S = 15.0
"""Shorter than in production, so that what a killed worker held comes back within the run."""


@dataclass(frozen=True, slots=True)
class Message:
    """A task on its way; ``index`` is its place in its session's chord, None outside of it."""

    task: str
    argument: str
    session_id: str
    index: int | None
    request_id: str | None


@dataclass(slots=True)
class Chord:
    """What was counted of a session's members; fires when as many as ``size`` were."""

    size: int | None = None
    counted: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class BrokerOdds:
    """Chances: that a message is lost when it is handed out, or stays to be handed out again."""

    lost: float = 0.0
    twice: float = 0.0


class Broker:
    """:class:`workers.ports.WorkQueue`, and the worker's end of it.

    Args:
        now_s: Virtual time.
        strikes: What goes wrong when something is published or counted.
    """

    def __init__(
        self,
        now_s: Callable[[], float],
        rng: np.random.Generator,
        strikes: Strikes,
        odds: BrokerOdds,
    ) -> None:
        self._now_s = now_s
        self._rng = rng
        self._strikes = strikes
        self._odds = odds
        self._queues: dict[str, list[Message]] = {GPU_QUEUE: [], SORT_QUEUE: []}
        self._held: list[tuple[float, str, Message]] = []
        self._chords: dict[str, Chord] = {}
        self.n_lost = 0
        self.n_repeated = 0

    # the publishers' end
    def publish_image(
        self, session_id: str, image_id: str, index: int, request_id: str | None
    ) -> None:
        self._publish(GPU_QUEUE, Message(DETECT_IMAGE, image_id, session_id, index, request_id))

    def publish_closing(self, session_id: str, n_images: int, request_id: str | None) -> None:
        self._strikes.before("set_chord_size")
        self._chord(session_id).size = n_images + 1
        closing = Message(CLOSE_SESSION, session_id, session_id, n_images, request_id)
        self._publish(GPU_QUEUE, closing)

    def publish_sort(self, session_id: str, request_id: str | None) -> None:
        self._publish(SORT_QUEUE, Message(SORT_SESSION, session_id, session_id, None, request_id))

    def load_lengths(self) -> QueueLengths:
        self._strikes.before("load_lengths")
        return QueueLengths(*(len(self._queues[name]) for name in (GPU_QUEUE, SORT_QUEUE)))

    # the workers' end
    def take(self, queue: str) -> Message | None:
        """Hand out one message of a queue; None where there is none, or it was lost just now."""
        self._bring_back()
        waiting = self._queues[queue]
        if not waiting:
            return None
        message = waiting[int(self._rng.integers(len(waiting)))]
        if self._rng.random() < self._odds.twice:
            self.n_repeated += 1
        else:
            waiting.remove(message)
        if self._rng.random() < self._odds.lost:
            self.n_lost += 1
            return None
        self._held.append((self._now_s() + VISIBILITY_TIMEOUT_S, queue, message))
        return message

    def acknowledge(self, message: Message) -> None:
        """Forget a message that was handed out; harmless where it was handed out again since."""
        for number, (_, _, held) in enumerate(self._held):
            if held == message:
                del self._held[number]
                return

    def count(self, message: Message) -> None:
        """Count a chord's member that ended, and publish the sort where it was the last."""
        if message.index is None:
            return
        chord = self._chord(message.session_id)
        chord.counted.add(message.index)
        if chord.size is not None and len(chord.counted) >= chord.size:
            del self._chords[message.session_id]
            self.publish_sort(message.session_id, message.request_id)

    def empty(self) -> None:
        """Forget everything, as Redis does that is restarted without its file."""
        for waiting in self._queues.values():
            waiting.clear()
        self._held.clear()
        self._chords.clear()

    @property
    def is_idle(self) -> bool:
        """Whether no message waits and none is held."""
        return not (self._held or any(self._queues.values()))

    def _publish(self, queue: str, message: Message) -> None:
        self._strikes.before("publish")
        self._queues[queue].append(message)
        self._strikes.after("publish")

    def _chord(self, session_id: str) -> Chord:
        return self._chords.setdefault(session_id, Chord())

    def _bring_back(self) -> None:
        now_s = self._now_s()
        for due in [one for one in self._held if one[0] <= now_s]:
            self._held.remove(due)
            self._queues[due[1]].append(due[2])
