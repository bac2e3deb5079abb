from __future__ import annotations

import pytest

from sorter.errors import InvalidInputError
from vision.labelled.classes import ClassMap
from vision.ports import IGNORED

ITEM, CONTAINER = 0, 1
NAMES = {0: "bolt", 1: "tray", 2: "hand"}


def test_a_class_is_an_item_unless_something_else_is_said() -> None:
    classes = ClassMap(NAMES, containers=("tray",), ignored=("hand",))
    assert [classes.label_of(name) for name in NAMES.values()] == [ITEM, CONTAINER, IGNORED]


def test_a_class_may_be_called_by_its_name_or_its_number() -> None:
    classes = ClassMap(NAMES, containers=("1",), ignored=("hand",))
    assert [classes.label_of(str(number)) for number in range(3)] == [ITEM, CONTAINER, IGNORED]


def test_numbers_may_have_gaps() -> None:
    classes = ClassMap({3: "bolt", 17: "tray"}, containers=("17",))
    assert [classes.label_of(text) for text in ("3", "17", "tray")] == [ITEM, CONTAINER, CONTAINER]
    with pytest.raises(InvalidInputError, match="class 4 is not one of the 2 known"):
        classes.label_of("4")


def test_where_items_are_named_every_class_needs_a_meaning() -> None:
    classes = ClassMap(NAMES, items=("bolt",), containers=("tray",))
    assert classes.label_of("bolt") == ITEM
    with pytest.raises(InvalidInputError, match="hand is neither item, container nor ignored"):
        classes.label_of("hand")


@pytest.mark.parametrize("unknown", ["nut", "3", "-1", ""])
def test_a_class_that_is_not_listed_is_an_error(unknown: str) -> None:
    with pytest.raises(InvalidInputError, match="not one of the 3 known"):
        ClassMap(NAMES).label_of(unknown)
    with pytest.raises(InvalidInputError, match="not one of the 3 known"):
        ClassMap(NAMES, ignored=(unknown,))


def test_without_a_list_any_class_may_come() -> None:
    assert ClassMap(ignored=("hand",)).label_of("whatever") == ITEM


def test_a_class_has_one_meaning_even_by_two_names() -> None:
    with pytest.raises(InvalidInputError, match="bolt is given two meanings"):
        ClassMap(NAMES, items=("bolt",), ignored=("0",))
