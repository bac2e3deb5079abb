"""Starts services, watches them, starts again what dies, and stops them in reverse order."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from cli.services.process import Child, Leash, Program, await_ready, last_words
from sorter.errors import ConflictError, NotFoundError, SorterBotError

Announce = Callable[[str], None]
"""Takes one sentence for the person who watches."""

WATCH_EVERY_S = 0.1
LONGEST_PAUSE_S = 30.0
SETTLED_AFTER_S = 30.0
LOUD_FROM = 4
"""So many deaths in a row are no accident: whoever watches is told why, and that it goes on."""


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Service:
    """Something to keep running.

    Attributes:
        prepare: Called before each start: clears what a crash left and says what to run.
        is_ready: Whether it does its work; a process that merely runs may not yet.
    """

    name: str
    prepare: Callable[[], Program]
    is_ready: Callable[[], bool] = _always
    ready_within_s: float = 60.0


@dataclass(slots=True)
class _Watched:
    """One service's present process, or when the next one is due; held, there is to be none.

    Attributes:
        n_deaths: In a row, none of them after it had run for a while.
    """

    service: Service
    child: Child
    started_at_s: float
    pause_s: float
    due_at_s: float | None = None
    n_restarts: int = 0
    n_deaths: int = 0
    is_held: bool = False


@dataclass(slots=True)
class Supervisor:
    """Keeps services running until it is stopped, or until its own process ends in any way.

    Attributes:
        announce: Told of every start, death and restart, from whichever thread notices.
        first_pause_s: From a first death to the restart; doubled each time, until a service
            has run for a while.
    """

    announce: Announce
    first_pause_s: float = 0.2
    _leash: Leash = field(default_factory=Leash)
    _tiers: list[list[_Watched]] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _has_stopped: threading.Event = field(default_factory=threading.Event)
    _watcher: threading.Thread | None = None

    def start(self, *services: Service) -> None:
        """Start services side by side and wait until all are ready; they are one tier.

        Raises:
            SorterBotError: One of them could not be started, or was not ready in time. What
                has been started stays so until :meth:`stop`.
        """
        tier: list[_Watched] = []
        with self._lock:
            self._tiers.append(tier)
            for service in services:
                child = Child(service.prepare(), self._leash)
                tier.append(_Watched(service, child, time.monotonic(), self.first_pause_s))
        for watched in tier:
            service = watched.service
            await_ready(watched.child, service.is_ready, service.ready_within_s)
            self.announce(f"{service.name} is ready")

    def watch(self) -> None:
        """From now on start again whatever ends, sooner the first time than the tenth."""
        self._watcher = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._watcher.start()

    def stop(self) -> None:
        """Stop every tier, last started first, the services of one tier side by side."""
        self._has_stopped.set()
        if self._watcher is not None:
            self._watcher.join()
        for tier in reversed(self._tiers):
            children = [watched.child for watched in tier]
            for child in children:
                child.ask_to_stop()
            for child in children:
                child.stop()
        self._tiers.clear()
        self._leash.close()

    def pid(self, name: str) -> int:
        """Return the process number of a service that runs.

        Raises:
            NotFoundError: There is no service of that name.
            ConflictError: It is dead, and not yet started again.
        """
        watched = self._find(name)
        if watched.child.exit_status is not None:
            raise ConflictError(f"{name} is not running at the moment")
        return watched.child.pid

    def n_restarts(self, name: str) -> int:
        """Return how often a service has been started again."""
        return self._find(name).n_restarts

    def kill(self, name: str) -> int:
        """Kill a service's main process as ``kill -9`` does, and return its number."""
        pid = self.pid(name)
        self._find(name).child.send(signal.SIGKILL)
        return pid

    def hold(self, name: str, *, is_asked: bool) -> None:
        """End a service, which is not started again before :meth:`start_now`.

        Args:
            is_asked: Whether it is asked to end, and waited for, rather than killed.
        """
        watched = self._find(name)
        with self._lock:
            is_running = watched.due_at_s is None and not watched.is_held
            watched.is_held, watched.due_at_s = True, None
        if is_running and is_asked:
            watched.child.stop()
        elif is_running:
            watched.child.kill()

    def start_now(self, name: str) -> None:
        """Start a service that is held, or that has died and was not yet started again.

        Does not wait until it is ready, and forgets how often it has died of late.

        Raises:
            SorterBotError: It could not be started.
        """
        watched = self._find(name)
        with self._lock:
            watched.pause_s, watched.n_deaths = self.first_pause_s, 0
            if watched.child.exit_status is not None:
                if not watched.is_held and watched.due_at_s is None:
                    watched.child.bury()  # nobody has noticed its death yet
                watched.child = Child(watched.service.prepare(), self._leash)
                watched.started_at_s, watched.due_at_s = time.monotonic(), None
                watched.is_held = False

    def names(self) -> list[str]:
        """Return the services' names in the order in which they were started."""
        with self._lock:
            return [watched.service.name for tier in self._tiers for watched in tier]

    def _find(self, name: str) -> _Watched:
        with self._lock:
            for tier in self._tiers:
                for watched in tier:
                    if watched.service.name == name:
                        return watched
        raise NotFoundError(f"no service is called {name}; there are {', '.join(self.names())}")

    def _watch(self) -> None:
        while not self._has_stopped.wait(WATCH_EVERY_S):
            with self._lock:
                for tier in self._tiers:
                    for watched in tier:
                        self._look_after(watched, time.monotonic())

    def _look_after(self, watched: _Watched, now_s: float) -> None:
        """Note a death, or end the pause that followed one."""
        if watched.is_held:
            return
        if watched.due_at_s is None:
            status = watched.child.exit_status
            if status is not None:
                watched.child.bury()
                self._note_death(watched, status, now_s)
        elif now_s >= watched.due_at_s:
            self._restart(watched, now_s)

    def _note_death(self, watched: _Watched, status: int, now_s: float) -> None:
        if now_s - watched.started_at_s > SETTLED_AFTER_S:
            watched.pause_s, watched.n_deaths = self.first_pause_s, 0
        watched.n_deaths += 1
        watched.due_at_s = now_s + watched.pause_s
        self.announce(_tell_of_death(watched, status))
        watched.pause_s = min(2 * watched.pause_s, LONGEST_PAUSE_S)

    def _restart(self, watched: _Watched, now_s: float) -> None:
        try:
            watched.child = Child(watched.service.prepare(), self._leash)
        except (SorterBotError, OSError) as error:
            self.announce(f"{watched.service.name} cannot be started: {error}")
            watched.due_at_s = now_s + watched.pause_s
            watched.pause_s = min(2 * watched.pause_s, LONGEST_PAUSE_S)
            return
        watched.started_at_s, watched.due_at_s = now_s, None
        watched.n_restarts += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _tell_of_death(watched: _Watched, status: int) -> str:
    """Say what ended and when it is started again; of one that dies each time, also why."""
    name, log = watched.service.name, watched.child.program.log
    told = f"{name} {describe_end(status)}; it is started again in {watched.pause_s:.1f} s"
    if watched.n_deaths < LOUD_FROM:
        return f"{told} (log: {log})"
    return (
        f"ATTENTION: {name} does not stay up. {told}, after {watched.n_deaths} deaths in a row, "
        f"and ever more slowly while that goes on. Its last words: {last_words(log)} (log: {log})"
    )


def describe_end(status: int) -> str:
    """Say how a process ended, from its exit status."""
    if status >= 0:
        return f"ended with exit status {status}"
    return f"was ended by {signal.Signals(-status).name}"
