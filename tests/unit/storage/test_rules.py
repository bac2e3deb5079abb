"""What every store decides alike."""

from __future__ import annotations

import pytest

from sorter.errors import ConflictError, InvalidInputError
from storage.records import Outcome, SessionState
from storage.rules import check_opening, check_outcomes, end_state, why_unreadable
from tests.factories import make_plan


@pytest.mark.parametrize(
    "parameters", [(None, 1, 600.0), (1, 1, 1e-6), (3, 5, 86_400.0), (10**6, 10**6, 1.0)]
)
def test_a_session_may_be_opened_with_any_possible_parameters(
    parameters: tuple[int | None, int, float],
) -> None:
    check_opening(*parameters)


@pytest.mark.parametrize(
    "parameters",
    [(0, 1, 1.0), (-1, 1, 1.0), (1, 0, 1.0), (1, 1, 0.0), (1, 1, -1.0), (1, 1, 86_401.0)],
)
def test_a_session_is_not_opened_with_impossible_parameters(
    parameters: tuple[int | None, int, float],
) -> None:
    with pytest.raises(InvalidInputError):
        check_opening(*parameters)


def test_outcomes_are_of_commands_that_the_plan_has() -> None:
    check_outcomes(make_plan(2), [Outcome(0, "picked", None), Outcome(1, "dropped", "late")])
    with pytest.raises(ConflictError, match="no command 2"):
        check_outcomes(make_plan(2), [Outcome(2, "picked", None)])
    with pytest.raises(ConflictError, match="no plan"):
        check_outcomes(None, [])
    with pytest.raises(InvalidInputError, match="'eaten'"):
        check_outcomes(make_plan(2), [Outcome(0, "eaten", None)])


@pytest.mark.parametrize(("n_detected", "is_readable"), [(1, False), (2, True), (3, True)])
def test_a_session_is_readable_with_as_many_pictures_as_it_asked_for(
    n_detected: int, is_readable: bool
) -> None:
    assert (why_unreadable(n_detected, 3, 2) is None) is is_readable


def test_a_session_ends_partial_where_a_picture_failed() -> None:
    assert (end_state(0), end_state(1)) == (SessionState.DONE, SessionState.PARTIAL)
