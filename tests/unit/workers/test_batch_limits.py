from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorter.errors import InvalidInputError
from workers.batch_limits import BatchLimits, Room


@pytest.mark.parametrize("limits", [(0, 1), (1, 0), (-1, 1)])
def test_limits_that_leave_room_for_nothing_are_refused(limits: tuple[int, int]) -> None:
    with pytest.raises(InvalidInputError, match="room for something"):
        BatchLimits(*limits)


def test_what_was_too_much_is_halved_until_one_is_left() -> None:
    room = Room(8)
    seen = []
    for _ in range(5):
        room.shrink_below(room.n)
        seen.append(room.n)
    assert seen == [4, 2, 1, 1, 1]


def test_one_more_is_dared_only_after_many_full_calls_and_never_more_than_at_first() -> None:
    room = Room(4, grow_after=3)
    room.shrink_below(4)
    seen = []
    for _ in range(9):
        room.note_success(room.n)
        seen.append(room.n)
    assert seen == [2, 2, 3, 3, 3, 4, 4, 4, 4]


def test_calls_that_leave_room_say_nothing_of_the_memory() -> None:
    room = Room(4, grow_after=1)
    room.shrink_below(4)
    room.note_success(1)
    assert room.n == 2


@given(
    most=st.integers(1, 64),
    capacities=st.lists(st.integers(1, 64), min_size=1, max_size=300),
)
def test_the_limit_never_leaves_its_bounds_whatever_the_memory_does(
    most: int, capacities: list[int]
) -> None:
    room = Room(most, grow_after=2)
    for capacity in capacities:
        n = room.n
        if n > capacity:
            room.shrink_below(n)
            assert room.n < n
        else:
            room.note_success(n)
            assert n <= room.n <= n + 1
        assert 1 <= room.n <= most
