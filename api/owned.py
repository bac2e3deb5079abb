"""A caller sees its own arm's sessions, and no sign of anybody else's."""

from __future__ import annotations

import re

from api.context import caller_arm_id, using
from api.errors import ForbiddenError
from sorter.errors import NotFoundError
from storage.records import SessionRecord

SESSION_ID_PATTERN = re.compile(r"[0-9a-f]{32}")


def load_own_session(session_id: str) -> SessionRecord:
    """Return a session of the caller's arm.

    Raises:
        NotFoundError: There is none, or it is another arm's: the answer does not tell which.
    """
    if SESSION_ID_PATTERN.fullmatch(session_id):
        try:
            session = using().services.store.load_session(session_id)
        except NotFoundError:
            pass
        else:
            if session.arm.arm_id == caller_arm_id():
                return session
    raise NotFoundError("there is no such session")


def check_own_arm(arm_id: str) -> None:
    """Object to another arm's name, known or not.

    Raises:
        ForbiddenError: The key belongs to another arm.
    """
    if arm_id != caller_arm_id():
        raise ForbiddenError("the key belongs to another arm")
