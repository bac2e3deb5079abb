"""What robots tried and what they were promised, written down before anything goes on."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sorter.errors import NotFoundError
from sorter.types import Arm
from storage.records import SessionState


@dataclass(frozen=True, slots=True)
class Offer:
    """A picture that a robot set out to post; the gateway may have it, heard of or not."""

    session_id: str
    position_pw: float
    sha256: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """A picture that the gateway said it has kept."""

    session_id: str
    position_pw: float
    sha256: str
    image_id: str


@dataclass(slots=True)
class LedgerSession:
    """One session as its robot knows it.

    Attributes:
        deadline_s: What it was opened with.
        offers: By position and SHA-256.
        receipts: By position.
        failing: Positions of pictures that were declared to fail.
        ends: The states of which it must reach one.
        is_compared: Whether its commands must be those of an undisturbed session.
    """

    session_id: str
    arm: Arm
    deadline_s: float
    offers: dict[tuple[float, str], Offer] = field(default_factory=dict)
    receipts: dict[float, Receipt] = field(default_factory=dict)
    failing: set[float] = field(default_factory=set)
    ends: frozenset[SessionState] = frozenset({SessionState.DONE})
    is_compared: bool = True


class Ledger:
    """The sessions of one scenario. Safe to use from several threads.

    A session is expected to end ``done``, with all its pictures detected and the commands of an
    undisturbed one, unless something else was declared *before* it could happen.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: dict[str, LedgerSession] = {}
        self._contradictions: list[str] = []

    def note_session(self, session_id: str, arm: Arm, deadline_s: float) -> None:
        """Write down an opened session; harmless when repeated."""
        with self._lock:
            self._sessions.setdefault(session_id, LedgerSession(session_id, arm, deadline_s))

    def note_offer(self, offer: Offer) -> None:
        """Write down, before it is sent, a picture that is about to be posted."""
        with self._lock:
            self._find(offer.session_id).offers[offer.position_pw, offer.sha256] = offer

    def note_receipt(self, receipt: Receipt) -> None:
        """Write down a picture that was accepted; another id for the same picture is kept apart."""
        with self._lock:
            kept = self._find(receipt.session_id).receipts.setdefault(receipt.position_pw, receipt)
            if kept != receipt:
                self._contradictions.append(f"{receipt} after {kept}")

    def declare_failing(self, session_id: str, position_pw: float) -> None:
        """Say that a picture will fail, and so the session end ``partial``."""
        with self._lock:
            session = self._find(session_id)
            session.failing.add(position_pw)
            session.ends = frozenset({SessionState.PARTIAL})

    def declare_ends(self, session_id: str, *ends: SessionState) -> None:
        """Say in which states a session may end; its commands are compared in ``done`` alone."""
        with self._lock:
            self._find(session_id).ends = frozenset(ends)

    def declare_not_compared(self, session_id: str) -> None:
        """Say that nobody knows the commands of an undisturbed session of these pictures."""
        with self._lock:
            self._find(session_id).is_compared = False

    @property
    def sessions(self) -> Mapping[str, LedgerSession]:
        """The sessions by id, as they are now."""
        with self._lock:
            return dict(self._sessions)

    @property
    def contradictions(self) -> Collection[str]:
        """Receipts that say otherwise than an earlier one for the same picture."""
        with self._lock:
            return tuple(self._contradictions)

    @property
    def n_attempted(self) -> int:
        """How many different pictures robots set out to post."""
        return sum(len(session.offers) for session in self.sessions.values())

    @property
    def n_accepted(self) -> int:
        """How many different pictures the gateway said it has kept."""
        return sum(len(session.receipts) for session in self.sessions.values())

    def _find(self, session_id: str) -> LedgerSession:
        try:
            return self._sessions[session_id]
        except KeyError:
            raise NotFoundError(f"the ledger has no session {session_id}") from None
