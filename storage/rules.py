"""What every store decides alike, whatever it keeps its rows in."""

from __future__ import annotations

from collections.abc import Sequence

from sorter.errors import ConflictError, InvalidInputError
from sorter.types import Arm
from storage.records import Document, Outcome, SessionState

CLAIM_LEASE_S = 300.0
"""A claim ends after this long even while its worker lives.

So a claim that was committed although its worker never heard of it blocks nothing for ever.
Far above the longest forward pass or sort.
"""

DRAIN_WINDOW_S = 30.0
"""The stretch of time over which the drain rate is measured."""

LEAST_BUSY_S = 1.0
"""A picture or two that took less say nothing of the rate at which many are worked off."""

DETECTING_QUEUE = "gpu"
"""The queue of the workers that detect, as they say it when they beat."""

MAX_DEADLINE_S = 86_400.0
"""A day; the broker's backend keeps a session's counters for two (result_chord_expires)."""

RESULTS = frozenset({"picked", "missed", "dropped"})


def check_opening(expected_images: int | None, min_images: int, deadline_s: float) -> None:
    """Raise InvalidInputError where no session can be opened with these."""
    if expected_images is not None and expected_images < 1:
        raise InvalidInputError("expected_images must be at least 1, or left out")
    if min_images < 1:
        raise InvalidInputError("min_images must be at least 1")
    if not 0 < deadline_s <= MAX_DEADLINE_S:
        raise InvalidInputError(f"deadline_s must lie above 0 and not above {MAX_DEADLINE_S:.0f}")


def check_same_arm(arm_id: str, arm: Arm) -> Arm:
    """Return the arm that a session is to be sorted for.

    Raises:
        InvalidInputError: It is another one than the session's.
    """
    if arm.arm_id != arm_id:
        raise InvalidInputError(f"the session is of the arm {arm_id!r}, not of {arm.arm_id!r}")
    return arm


def check_outcomes(plan: Document | None, outcomes: Sequence[Outcome]) -> None:
    """Check outcomes against the plan that they are told of.

    Raises:
        ConflictError: There is no plan, or it has no such command.
        InvalidInputError: A result is none of :data:`RESULTS`.
    """
    if plan is None:
        raise ConflictError("the session has no plan, so nothing can have become of it")
    orders = {command["order"] for command in plan["commands"]}
    for outcome in outcomes:
        if outcome.command not in orders:
            raise ConflictError(f"the plan has no command {outcome.command}")
        if outcome.result not in RESULTS:
            raise InvalidInputError(f"{outcome.result!r} is none of {', '.join(sorted(RESULTS))}")


def why_unreadable(n_detected: int, n_images: int, min_images: int) -> str | None:
    """Say why a session whose pictures are all final cannot be sorted; None where it can."""
    if n_detected >= min_images:
        return None
    return f"{n_detected} of {n_images} pictures could be read, and at least {min_images} must be"


def drain_rate(n_finished: int, busy_s: float) -> float | None:
    """Return how many pictures a second were worked off; None where that is not known yet.

    Args:
        n_finished: Pictures that became final within :data:`DRAIN_WINDOW_S`.
        busy_s: For how much of that there was something to work off.
    """
    if n_finished == 0 and busy_s < DRAIN_WINDOW_S:
        return None
    return n_finished / min(max(busy_s, LEAST_BUSY_S), DRAIN_WINDOW_S)


def end_state(n_failed: int) -> SessionState:
    """Return how a session with a plan ends."""
    return SessionState.PARTIAL if n_failed else SessionState.DONE


def why_not_replayed(state: SessionState) -> str | None:
    """Say why a session takes none of its pictures anew; None where it does."""
    if state is SessionState.SORTING:
        return "the picture's session is being sorted, without it"
    if state.is_final:
        return (
            f"the picture's session is over ({state.value}), and a session is sorted once: its"
            " robot may already move by the plan; open a new session instead"
        )
    return None


def quarantine_reason(attempts: int) -> str:
    """Say why a picture is not tried again."""
    return f"quarantined after {attempts} attempts"


def exhausted_reason(attempts: int) -> str:
    """Say why a session is not sorted again."""
    return f"not sorted after {attempts} attempts"


def overdue_reason(grace_s: float) -> str:
    """Say why an unfinished picture is given up."""
    return f"not read {grace_s:g} s after the session's deadline"
