"""Actors that take turns by a seed, in a time that passes only when all of them wait."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

STANDSTILL_S = 60.0
"""Far more than a turn takes on the busiest machine."""

TURN_S = 0.0002
"""What a turn costs in virtual time, so that no two changes happen at one moment."""

Condition = Callable[[], bool]


class KilledError(BaseException):
    """Ends an actor where it stands, as SIGKILL would.

    No ``Exception``, so that nothing that mends errors mends this one; what it has begun in the
    database is rolled back, as when a client is gone.
    """


class ActorError(Exception):
    """An actor ended with an error of its own, which is this one's cause."""


def _nothing_happens() -> None:
    """Let an actor's turn begin without anything befalling it."""


class _Door:
    """Lets one thread through each time that another opens it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()
        self.open = self._lock.release
        self.pass_through = self._lock.acquire


class Actor:
    """One thread of one simulated process."""

    def __init__(self, name: str, at_turn: Callable[[], None]) -> None:
        self.name = name
        self.at_turn = at_turn
        self.wakes_at_s = 0.0
        self.is_to_end = False
        self.door = _Door()


class Turns:
    """Runs one actor at a time. Which one is next, only the seed decides.

    An actor gives its turn away in :meth:`pause` and :meth:`sleep`, which the database, the
    broker and the patience of the code under test call. So a seed always gives the same run.

    Args:
        standstill_s: Real seconds without a turn after which an actor is taken to wait for what
            only another could do.
    """

    def __init__(self, rng: np.random.Generator, standstill_s: float = STANDSTILL_S) -> None:
        self.now_s = 0.0
        self._standstill_s = standstill_s
        self._n_turns = 0
        self._rng = rng
        self._actors: list[Actor] = []
        self._is_enough: Condition = lambda: True
        self._error: BaseException | None = None
        self._back = _Door()
        self._own = threading.local()

    def start(
        self, name: str, work: Callable[[], None], at_turn: Callable[[], None] = _nothing_happens
    ) -> Actor:
        """Add an actor, whose first turn comes later.

        Args:
            at_turn: Called at the beginning of each of its turns, in its own thread.
        """
        actor = Actor(name, at_turn)
        actor.wakes_at_s = self.now_s
        self._actors.append(actor)
        threading.Thread(target=self._live, args=(actor, work), name=name, daemon=True).start()
        return actor

    def kill(self, actor: Actor) -> None:
        """Let an actor's next turn be its end."""
        actor.is_to_end = True
        actor.wakes_at_s = min(actor.wakes_at_s, self.now_s)

    def freeze(self, actor: Actor, seconds: float) -> None:
        """Let an actor have no turn for so long, whatever it waits for."""
        actor.wakes_at_s = max(actor.wakes_at_s, self.now_s) + seconds

    def run(self, until: Condition, limit_s: float) -> bool:
        """Give turns until the condition holds; False where virtual time went past the limit.

        Raises:
            ActorError: An actor ended with an error of its own; the others can go on.
            RuntimeError: An actor stands still.
        """
        self._is_enough = lambda: until() or self.now_s > limit_s
        if not self._is_enough():
            self._let(self._next())
        return self.now_s <= limit_s

    def end_all(self) -> None:
        """Kill every actor that is left."""
        self._is_enough = lambda: True
        while self._actors:
            self.kill(self._actors[0])
            self._let(self._actors[0])

    def pause(self) -> None:
        """Give the turn away and go on when it comes back; nothing outside an actor."""
        self.sleep(0.0)

    def sleep(self, seconds: float) -> None:
        """Give the turn away for so much virtual time; nothing outside an actor.

        Raises:
            KilledError: The actor was killed meanwhile.
        """
        actor: Actor | None = getattr(self._own, "actor", None)
        if actor is None or actor.is_to_end:
            return  # the roll-back of whoever was killed is nobody's turn
        actor.wakes_at_s = self.now_s + seconds
        if self._pass_on() is not actor:
            actor.door.pass_through()
        self._begin_turn(actor)

    def _live(self, actor: Actor, work: Callable[[], None]) -> None:
        self._own.actor = actor
        actor.door.pass_through()
        try:
            self._begin_turn(actor)
            work()
        except KilledError:
            pass
        except BaseException as error:  # noqa: BLE001  # whoever runs the turns raises it
            self._error = error
        self._actors.remove(actor)
        self._pass_on()

    def _begin_turn(self, actor: Actor) -> None:
        if not actor.is_to_end:
            actor.at_turn()
        if actor.is_to_end:
            raise KilledError(actor.name)

    def _let(self, actor: Actor) -> None:
        """Give an actor the turn from outside, and wait until it is enough."""
        n_before = self._n_turns
        actor.door.open()
        while not self._back.pass_through(timeout=self._standstill_s):
            if self._n_turns == n_before:
                raise RuntimeError("an actor stands still")
            n_before = self._n_turns
        if self._error is not None:
            error, self._error = self._error, None
            raise ActorError(f"an actor ended with {error!r}") from error

    def _pass_on(self) -> Actor | None:
        """Give the turn from one actor to the next, or back to outside where it is enough.

        Returns the next actor, whose door stays shut where it is the one who has the turn.
        """
        self._n_turns += 1
        self.now_s += TURN_S
        if self._error is not None or not self._actors or self._is_enough():
            self._back.open()
            return None
        chosen = self._next()
        if chosen is not getattr(self._own, "actor", None):
            chosen.door.open()
        return chosen

    def _next(self) -> Actor:
        self.now_s = max(self.now_s, min(actor.wakes_at_s for actor in self._actors))
        ready = [actor for actor in self._actors if actor.wakes_at_s <= self.now_s]
        return ready[int(self._rng.integers(len(ready)))]
