from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorter.errors import InvalidInputError
from storage.robot_sessions import NAME_PATTERN, RobotSession

robot_sessions = st.builds(
    RobotSession,
    st.from_regex(NAME_PATTERN, fullmatch=True),
    st.integers(1, 10**9 - 1),
    st.booleans(),
)


@given(robot_sessions)
def test_a_key_says_which_session_it_is_of(session: RobotSession) -> None:
    assert RobotSession.from_key(session.key) == session
    assert session.key.startswith(session.prefix)
    assert session.after.before == session.before
    assert session.after.key != session.before.key


@given(robot_sessions, robot_sessions)
def test_no_two_sessions_share_a_key(one: RobotSession, other: RobotSession) -> None:
    assert (one.key == other.key) == (one == other)
    is_same_name = (one.name, one.is_after) == (other.name, other.is_after)
    assert other.key.startswith(one.prefix) == is_same_name


@given(st.text() | st.none())
def test_a_key_that_no_robot_chose_says_nothing(key: str | None) -> None:
    session = RobotSession.from_key(key)
    assert session is None or session.key == key


@pytest.mark.parametrize(
    "name", ["", "../../x", "a';DROP TABLE arms", "S" * 65, "S1\n", "S/1", "😀", "S１"]
)
def test_a_name_that_could_lead_astray_is_refused(name: str) -> None:
    with pytest.raises(InvalidInputError):
        RobotSession(name)
