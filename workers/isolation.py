"""Who is worked on beside whom in one process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Isolation:
    """Lets any number of pictures be worked on together, or a single one in the whole process.

    A picture that is tried again may be the one that ended the process before. Were others
    claimed when it does so again, each would count that as an attempt of its own, and be given
    up in the end for a neighbour's fault.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._n_together = 0
        self._n_wanting = 0
        self._is_alone = False
        self._names: set[str] = set()

    @contextmanager
    def once(self, name: str) -> Iterator[bool]:
        """Say whether no other thread works on the thing of that name; none begins meanwhile."""
        with self._changed:
            is_first = name not in self._names
            self._names.add(name)
        try:
            yield is_first
        finally:
            if is_first:
                with self._changed:
                    self._names.remove(name)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Work beside others; whoever wants to be alone, or is, goes first."""
        with self._changed:
            self._changed.wait_for(lambda: not (self._is_alone or self._n_wanting))
            self._n_together += 1
        try:
            yield
        finally:
            with self._changed:
                self._n_together -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Work while nobody else does; who works already ends first."""
        with self._changed:
            self._n_wanting += 1
            try:
                self._changed.wait_for(lambda: not (self._is_alone or self._n_together))
                self._is_alone = True
            finally:
                self._n_wanting -= 1
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._is_alone = False
                self._changed.notify_all()
