"""Sessions by the names that a control panel gives them, and the arms that they are of.

Nothing is remembered here: which session a name means stands in the rows, so that any door, also
one that was started in mid-session, finds it.
"""

from __future__ import annotations

import re
from dataclasses import replace

from api.context import Context
from api.intake import take_in_picture
from api.robot_door.messages import Picture
from sorter.errors import ConflictError, NotFoundError
from sorter.types import Arm
from storage.records import ImageRecord, SessionRecord
from storage.robot_sessions import RobotSession

DEADLINE_S = 3600.0
"""A session whose robot vanished is closed after that; a robot photographs for about a minute."""

NUMBERED = re.compile(r"S[0-9]{1,9}", re.ASCII)
"""A name as control panels give them."""

Called = tuple[RobotSession, SessionRecord]
"""How a robot calls a session, and the session."""


def keep_picture(context: Context, picture: Picture, request_id: str) -> ImageRecord:
    """Take a robot's picture into the session that it names.

    Where the name's last run is over and other pictures come, a new run begins: a panel that was
    emptied gives its names out again.

    Raises:
        SorterBotError: It was not kept; as :func:`api.intake.take_in_picture` says.
    """
    header = picture.header
    register_unless_known(context, header.arm_id)
    is_after = header.command == "recv_img_after"
    find = _find_after if is_after else _find_before
    called, session = find(context, header.arm_id, header.session_id, request_id)
    try:
        return take_in_picture(context, session, header.position_pw, picture.data, request_id)
    except ConflictError:
        if is_after or not session.state.is_final:
            raise
    called = replace(called, number=called.number + 1)
    session, _ = _open(context, header.arm_id, called, request_id)
    return take_in_picture(context, session, header.position_pw, picture.data, request_id)


def find_session(
    context: Context, arm_id: str, name: str, *, is_after: bool = False
) -> Called | None:
    """Return the last run under a name; ``None`` where none began."""
    prefix = RobotSession(name, is_after=is_after).prefix
    for session in context.services.store.find_sessions(prefix, arm_id, limit=1):
        called = RobotSession.from_key(session.idempotency_key)
        if called is not None:
            return called, session
    return None


def open_next_session(context: Context, arm_id: str, request_id: str) -> str:
    """Open a session under a name of our own, as a control panel does, and return the name.

    It is ``S`` and a number above the last one of this arm, whoever gave that.
    """
    register_unless_known(context, arm_id)
    called = RobotSession(f"S{_last_number(context, arm_id) + 1}")
    while not _open(context, arm_id, called, request_id)[1]:
        called = RobotSession(f"S{int(called.name[1:]) + 1}")
    return called.name


def register_unless_known(context: Context, arm_id: str) -> None:
    """Register an arm of which nothing is known but its name.

    Its robot tells of the rest when it asks for commands, and the session is then sorted by that.
    """
    store = context.services.store
    try:
        store.load_arm(arm_id)
    except NotFoundError:
        store.save_arm(Arm(arm_id))


def _find_before(context: Context, arm_id: str, name: str, request_id: str) -> Called:
    found = find_session(context, arm_id, name)
    if found is not None:
        return found
    called = RobotSession(name)
    return called, _open(context, arm_id, called, request_id)[0]


def _find_after(context: Context, arm_id: str, name: str, request_id: str) -> Called:
    """Return the session of the pictures after the last run under a name."""
    before = find_session(context, arm_id, name)
    called = (before[0] if before else RobotSession(name)).after
    return called, _open(context, arm_id, called, request_id)[0]


def _open(
    context: Context, arm_id: str, called: RobotSession, request_id: str
) -> tuple[SessionRecord, bool]:
    """Return a robot's session, and whether this call opened it."""
    return context.services.store.open_session(
        arm_id,
        expected_images=None,
        min_images=1,
        deadline_s=DEADLINE_S,
        idempotency_key=called.key,
        request_id=request_id,
    )


def _last_number(context: Context, arm_id: str) -> int:
    """Return the number in the name of the arm's newest session that has one, or 0."""
    for session in context.services.store.find_sessions("robot/S", arm_id, limit=1):
        called = RobotSession.from_key(session.idempotency_key)
        if called is not None and NUMBERED.fullmatch(called.name):
            return int(called.name[1:])
    return 0
