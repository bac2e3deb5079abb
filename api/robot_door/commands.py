"""What a robot is to do: its session is closed, waited for, and its plan told in pairs.

Source: docs/interfaces/sorterbot.md, ``get_commands_of_session``.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from api.context import Context
from api.intake import seal_session
from api.robot_door.constants import arm_from_constants
from api.robot_door.messages import ArmConstants, CommandsWanted
from api.robot_door.sessions import find_session
from sorter.errors import NotFoundError
from sorter.types import Arm
from storage.records import Document, SessionRecord, SessionState

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 0.5
PAUSE_GROWTH = 1.25

Pair = tuple[tuple[float, float], tuple[float, float]]
"""Servo 0 and servo 1 of where to pick, and of where to drop, in microseconds."""

log = structlog.get_logger(__name__)


def find_commands(
    context: Context,
    wanted: CommandsWanted,
    request_id: str,
    pause: Callable[[float], None],
) -> list[Pair]:
    """Close a session, wait for its plan, and return its commands in their order.

    Empty where there is nothing to do, and where there is no plan that this arm could follow:
    the robot then goes home, and operators see why.

    Args:
        pause: Waits so many seconds, and raises where the robot waits no more.

    Raises:
        InvalidInputError: The constants describe no arm.
        TransientError: The rows do not answer now; asked again, it goes on where it stopped.
    """
    arm = register_constants(context, wanted.arm_constants)
    found = find_session(context, arm.arm_id, wanted.session_id)
    if found is None:
        log.warning("no_such_session", session=wanted.session_id)
        return []
    session = seal_session(context, found[1].session_id, request_id, arm)
    if session.arm != arm:
        log.warning("sealed_for_other_constants", session_id=session.session_id)
        return []
    state = _await_end(context, session, pause)
    if state is SessionState.FAILED:
        return []
    return pairs_of(context.services.store.load_plan(session.session_id) or {})


def register_constants(context: Context, constants: ArmConstants) -> Arm:
    """Register an arm as its robot tells of it, or change it, and return it.

    Raises:
        InvalidInputError: The constants describe no arm.
    """
    store = context.services.store
    try:
        known: Arm | None = store.load_arm(constants.arm_id)
    except NotFoundError:
        known = None
    arm = arm_from_constants(constants, known)
    if arm != known:
        store.save_arm(arm)
    return arm


def pairs_of(plan: Document) -> list[Pair]:
    """Return a plan's commands as the original tells them."""
    return [
        (
            (command["pick"]["servo0_pw"], command["pick"]["servo1_pw"]),
            (command["drop"]["servo0_pw"], command["drop"]["servo1_pw"]),
        )
        for command in plan.get("commands", ())
    ]


def _await_end(
    context: Context, session: SessionRecord, pause: Callable[[float], None]
) -> SessionState:
    """Ask the rows again and again, gently; no connection is held in between."""
    pause_s = FIRST_PAUSE_S
    while not session.state.is_final:
        pause(pause_s)
        pause_s = min(pause_s * PAUSE_GROWTH, LONGEST_PAUSE_S)
        session = context.services.store.load_session(session.session_id)
    return session.state
