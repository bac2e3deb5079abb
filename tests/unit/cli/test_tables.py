from __future__ import annotations

import pytest

from cli.tables import TableSettings
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
    "wrong", [{"n_kinds": 0}, {"n_kinds": 10_000}, {"n_items": -1}, {"seed": -1}]
)
def test_settings_that_no_table_fulfils_do_not_exist(wrong):
    with pytest.raises(InvalidInputError):
        TableSettings(**wrong)


@pytest.mark.parametrize("too_much", [{"n_items": 10**9}, {"n_items": 100}, {"n_containers": 99}])
def test_too_much_for_a_table_is_told_before_anything_is_drawn(too_much):
    with pytest.raises(InvalidInputError, match="no room on the table"):
        TableSettings(**too_much).lay(0)
