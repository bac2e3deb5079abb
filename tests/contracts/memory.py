"""A store under test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from storage.ports import Store


@dataclass(frozen=True, slots=True)
class Memory:
    """A store, and the way to let time pass for it without waiting."""

    store: Store
    let_pass: Callable[[float], None]

    def kinds(self, session_id: str) -> list[str]:
        """Return the kinds of a session's events, in their order."""
        return [event.kind for event in self.store.load_events(session_id)]
