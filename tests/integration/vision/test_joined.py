from __future__ import annotations

import pytest

from sorter.errors import InvalidInputError
from tests.integration.vision.toys import Discs
from vision.training.joined import JoinedCrops

OTHER = ("other red", "other green", "other blue")


def test_parts_follow_one_another_and_keep_their_kinds_apart() -> None:
    joined = JoinedCrops([Discs(5, 0), Discs(3, 1, OTHER)])
    assert len(joined) == 8
    names = [joined.kinds[joined[index][1]] for index in range(8)]
    own = [Discs(1).kinds[Discs(5, 0)[index][1]] for index in range(5)]
    other = [OTHER[Discs(3, 1)[index][1]] for index in range(3)]
    assert names == own + other
    assert (joined[6][0] == Discs(3, 1)[1][0]).all()


def test_there_is_nothing_before_the_first_or_after_the_last() -> None:
    joined = JoinedCrops([Discs(2)])
    for index in (-1, 2):
        with pytest.raises(IndexError):
            joined[index]


def test_two_parts_with_a_kind_of_one_name_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="of one name"):
        JoinedCrops([Discs(2), Discs(2)])
