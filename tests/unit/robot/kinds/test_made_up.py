from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robot.kinds import KINDS, kind_named
from robot.kinds.made_up import FAMILIES, made_up_design, made_up_kind, made_up_number
from robot.kinds.made_up_outlines import OUTLINES
from robot.kinds.made_up_surfaces import SURFACES
from sorter.errors import InvalidInputError

SEVERAL = range(60)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**7), st.integers(0, 2**31))
def test_any_made_up_kind_can_be_drawn_and_is_there_to_be_seen(number: int, seed: int) -> None:
    sprite = made_up_kind(number).draw(np.random.default_rng(seed), 60.0)
    covered = (sprite.rgba[..., 3] > 127).sum()
    assert covered > 0.01 * sprite.length_px**2
    assert np.isfinite(sprite.relief).all()


def test_the_same_number_makes_the_same_things_and_another_one_others() -> None:
    one, again, other = (
        made_up_kind(number).draw(np.random.default_rng(1), 60.0) for number in (5, 5, 6)
    )
    np.testing.assert_array_equal(one.rgba, again.rgba)
    assert one.rgba.shape != other.rgba.shape or (one.rgba != other.rgba).any()


def test_things_of_one_kind_differ() -> None:
    kind = made_up_kind(3)
    one, other = (kind.draw(np.random.default_rng(seed), 60.0) for seed in (1, 2))
    assert one.rgba.shape != other.rgba.shape or (one.rgba != other.rgba).any()


def test_made_up_kinds_are_found_by_name_like_all_others() -> None:
    assert kind_named("made-up-12").name == "made-up-12"
    assert made_up_number("made-up-12") == 12
    assert {made_up_number(name) for name in KINDS} == {None}


@pytest.mark.parametrize("name", ["made-up-", "made-up--1", "made-up-one", "12"])
def test_what_only_looks_like_such_a_name_is_none(name: str) -> None:
    assert made_up_number(name) is None
    with pytest.raises(InvalidInputError, match="no kind of thing is called"):
        kind_named(name)


def test_numbers_start_at_zero() -> None:
    with pytest.raises(InvalidInputError, match="0 or more"):
        made_up_kind(-1)


def test_several_dozen_kinds_bring_every_family() -> None:
    assert {made_up_design(number).family for number in SEVERAL} == set(FAMILIES)


def test_every_outline_and_every_covering_comes_up() -> None:
    designs = [made_up_design(number) for number in range(400)]
    assert {form for design in designs for form in design.forms} == set(OUTLINES)
    assert {design.surface for design in designs} == set(SURFACES)


def test_lengths_run_from_short_to_long() -> None:
    for number in SEVERAL:
        shortest, longest = made_up_kind(number).length_px
        assert 20 < shortest < longest < 220
