from __future__ import annotations

from dataclasses import replace

import pytest

import sorter.changes
from sorter.changes import has_changed
from sorter.sightings import locate
from sorter.types import ArmGeometry, Label
from tests.unit.sorter.seen_by import photographs_by
from tests.unit.sorter.tables import POSITIONS_PW, Thing, make_container, scattered

REST = [Thing(-700, 1300), Thing(-300, 1700), make_container(600, 1500)]
BEFORE, AFTER = Thing(0, 1450), Thing(70, 1560)


def seen_in(things_by_position):
    return [
        photo
        for position_pw, things in things_by_position.items()
        for photo in photographs_by(ArmGeometry(), things, [position_pw])
    ]


def changed(photographs):
    return has_changed(locate(photographs, ArmGeometry()).of(Label.ITEM), 40.0)


def bumped(before=BEFORE, after=AFTER):
    """Return a session in which an item is moved before the last but one picture."""
    return seen_in(
        {
            position_pw: [*REST, after if position_pw < 1450 else before]
            for position_pw in (1600.0, 1500.0, 1400.0, 1300.0)
        }
    )


def test_an_item_that_was_bumped_between_two_pictures_is_told():
    assert changed(bumped())
    assert changed(bumped()[::-1])


@pytest.mark.parametrize("seed", range(4))
def test_a_table_at_rest_has_not_changed(seed):
    assert not changed(photographs_by(ArmGeometry(), scattered(20, seed), POSITIONS_PW, noise_px=3))


def test_an_item_that_is_only_missed_was_not_moved():
    seen = seen_in({p: [*REST, BEFORE] if p > 1450 else REST for p in (1600.0, 1500.0, 1400.0)})
    assert not changed(seen)


def test_an_item_of_another_size_is_another_one():
    assert not changed(bumped(after=replace(AFTER, width=160, length=150)))


def test_what_went_far_may_be_another_one():
    assert not changed(bumped(after=Thing(250, 1750)))


def test_where_nothing_or_nothing_whole_is_seen_nothing_has_changed():
    assert not changed(photographs_by(ArmGeometry(), [], POSITIONS_PW))
    cut = Thing(0, 1500, 4000, 4000)
    assert not changed(photographs_by(ArmGeometry(), [cut], POSITIONS_PW))


def test_in_a_huge_session_nobody_looks(monkeypatch):
    monkeypatch.setattr(sorter.changes, "MOST_SIGHTINGS", 5)
    assert not changed(bumped())
