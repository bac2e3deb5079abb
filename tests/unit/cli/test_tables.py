from __future__ import annotations

import pytest

from cli.tables import KindSet, TableSettings, choice_from_text, kinds_from_text
from robot.disturbances import Disturbances
from robot.kinds import HELD_OUT_KINDS, KINDS, TRAINING_KINDS
from sorter.errors import InvalidInputError


def test_a_table_is_the_same_in_every_run_and_by_seed_and_number():
    assert TableSettings(seed=7).lay(3) == TableSettings(seed=7).lay(3)
    assert TableSettings(seed=7).lay(3) == TableSettings(seed=10).lay(0)
    assert TableSettings(seed=7).lay(3) != TableSettings(seed=7).lay(4)


def test_a_table_holds_what_was_asked_for():
    scene = TableSettings(n_items=9, n_kinds=4, n_containers=2, n_contained=3).lay(0)
    n_free = sum(item.contained_in is None for item in scene.items)
    assert (n_free, len(scene.items), len(scene.containers)) == (9, 12, 2)
    assert len({item.kind for item in scene.items}) == 4


def test_without_containers_nothing_lies_in_one():
    scene = TableSettings(n_items=3, n_containers=0, n_contained=2).lay(0)
    assert [item.contained_in for item in scene.items] == [None] * 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_kinds": 0},
        {"n_kinds": 10_000},
        {"n_kinds": 3, "most_kinds": 2},
        {"n_kinds": 17, "kind_set": KindSet.NEW},
        {"n_items": -1},
        {"seed": -1},
        {"touching": 1.1},
        {"most_clutter": -1},
    ],
)
def test_settings_that_no_table_fulfils_do_not_exist(wrong):
    with pytest.raises(InvalidInputError):
        TableSettings(**wrong)


@pytest.mark.parametrize("too_much", [{"n_items": 10**9}, {"n_items": 100}, {"n_containers": 99}])
def test_too_much_for_a_table_is_told_before_anything_is_drawn(too_much):
    with pytest.raises(InvalidInputError, match="no room on the table"):
        TableSettings(**too_much).lay(0)


@pytest.mark.parametrize(
    ("kind_set", "allowed"),
    [("known", set(TRAINING_KINDS)), ("new", HELD_OUT_KINDS), ("all", set(KINDS))],
)
def test_kinds_come_from_the_set_that_was_asked_for(kind_set, allowed):
    tables = TableSettings(n_kinds=2, n_containers=2, kind_set=KindSet(kind_set))
    kinds = {item.kind for number in range(8) for item in tables.lay(number).items}
    assert kinds <= allowed
    assert len(kinds) > 2


def test_a_range_of_kinds_is_drawn_by_the_seed_and_each_kind_has_a_container():
    tables = TableSettings(n_kinds=2, most_kinds=4, n_containers=None)
    scenes = [tables.lay(number) for number in range(12)]
    n_kinds = [len({item.kind for item in scene.items}) for scene in scenes]
    assert set(n_kinds) == {2, 3, 4}
    assert [len(scene.containers) for scene in scenes] == n_kinds
    assert tables.lay(5) == scenes[5]


def test_a_drawn_number_of_kinds_gives_the_table_of_that_fixed_number():
    drawn = TableSettings(n_kinds=2, most_kinds=4, n_containers=None).lay(1)
    n_kinds = len({item.kind for item in drawn.items})
    assert TableSettings(n_kinds=n_kinds, n_containers=n_kinds).lay(1) == drawn


def test_disturbances_leave_the_table_as_it_is():
    disturbed = TableSettings(seed=7, disturbances=Disturbances(radius=0.03, bumped=1))
    assert disturbed.lay(0) == TableSettings(seed=7).lay(0)
    assert disturbed.document()["disturbances"] == {"radius": 0.03, "bumped": 1}


def test_the_same_arm_stood_at_another_table_earlier_wrong_in_the_same_way():
    tables = TableSettings(seed=7, disturbances=Disturbances(radius=0.03, roll=2.0))
    now, earlier = tables.stand_at(0, "A"), tables.stand_earlier(0, "A")
    assert (earlier.arm, earlier.truth) == (now.arm, now.truth)
    assert earlier.scene != now.scene


@pytest.mark.parametrize(("text", "kinds"), [("3", (3, None)), ("2-4", (2, 4)), ("1 - 1", (1, 1))])
def test_kinds_are_one_number_or_a_range(text, kinds):
    assert kinds_from_text(text) == kinds


@pytest.mark.parametrize("text", ["", "x", "2-", "-2", "2-x", "1.5"])
def test_other_texts_are_no_numbers_of_kinds(text):
    with pytest.raises(InvalidInputError, match="as 3 or as 2-4"):
        kinds_from_text(text)


def test_a_word_that_is_no_choice_is_told_beside_those_that_are():
    assert choice_from_text(KindSet, "new") is KindSet.NEW
    with pytest.raises(InvalidInputError, match="'old' is none of known, new, all"):
        choice_from_text(KindSet, "old")
