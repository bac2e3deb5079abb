"""Lets somebody look at every call of a store, from outside: which, how long, what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

Target = TypeVar("Target")

Note = Callable[[str, float, Any], None]
"""Is told a call's name, how many seconds it took, and what it returned; ``None`` if it raised."""


def observed(target: Target, note: Note) -> Target:
    """Return the target with every call of its methods told to ``note`` when it has ended."""
    return cast("Target", _Observed(target, note))


class _Observed:
    """Passes every call on."""

    def __init__(self, target: object, note: Note) -> None:
        self._target = target
        self._note = note

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._target, name)
        if not callable(method):
            return method
        telling = _telling(name, method, self._note)
        self.__dict__[name] = telling  # found there the next time
        return telling


def _telling(name: str, method: Callable[..., Any], note: Note) -> Callable[..., Any]:
    @wraps(method)
    def call(*args: Any, **named: Any) -> Any:
        began_s = time.perf_counter()
        result = None
        try:
            result = method(*args, **named)
            return result
        finally:
            note(name, time.perf_counter() - began_s, result)

    return call
