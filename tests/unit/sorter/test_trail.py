from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sorter.trail import HOME, connect, hangs_together, missing_links, walk


@st.composite
def legs(draw):
    """Return origins, targets and travel: home is left once, a station as often as entered."""
    n, m = draw(st.integers(1, 9)), draw(st.integers(1, 5))
    entered = draw(st.lists(st.integers(1, m), min_size=n, max_size=n))
    target = np.array([*entered, m + 1])
    # The end is not reached from home.
    origin = np.array(draw(st.permutations([HOME, *entered])))
    if origin[-1] == HOME:
        origin = np.roll(origin, 1)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    travel = rng.integers(0, 1000, (n + 1, m + 1)).astype(float)
    travel[-1, HOME] = 1e9
    return origin, target, travel


def starts_where_the_one_before_ended(order, origin, target):
    at = np.array([HOME, *target[order][:-1]])
    return bool((origin[order] == at).all())


@given(legs())
def test_connected_legs_are_walked_each_once_from_home_to_the_end(drawn):
    origin, target, travel = drawn
    connected = connect(origin, target, travel)
    order = walk(connected, target)
    assert sorted(order) == list(range(len(target)))
    assert order[-1] == len(target) - 1
    assert starts_where_the_one_before_ended(order, connected, target)


@given(legs())
def test_connecting_uses_the_same_origins_as_often_and_leaves_connected_legs_alone(drawn):
    origin, target, travel = drawn
    connected = connect(origin, target, travel)
    assert sorted(connected) == sorted(origin)
    assert hangs_together(connected, target)
    if hangs_together(origin, target):
        assert (connected == origin).all()


@given(legs())
def test_links_are_missing_exactly_where_legs_do_not_hang_together(drawn):
    origin, target, _ = drawn
    assert bool(missing_links(origin, target)) is not hangs_together(origin, target)


@given(legs(), st.randoms(use_true_random=False))
def test_every_single_trail_holds_one_of_the_missing_links(drawn, random):
    origin, target, _ = drawn
    missing = missing_links(origin, target)
    shuffled = random.sample(origin[:-1].tolist(), len(origin) - 1)
    others = np.array([*shuffled, origin[-1]])
    links = set(zip(others.tolist(), target.tolist(), strict=True))
    assert not missing or not hangs_together(others, target) or links.intersection(missing)


def test_of_two_parts_those_legs_exchange_that_lose_least():
    # Home -> 1 -> 1 and 2 -> 2: leg 2 and leg 1 exchange for 5 + 1, any others for more.
    origin, target = np.array([HOME, 1, 2, 1]), np.array([1, 1, 2, 3])
    travel = np.array([[0, 0, 90], [90, 10, 15], [90, 21, 20], [1e9, 0, 60]], float)
    assert connect(origin, target, travel).tolist() == [HOME, 2, 1, 1]


def test_of_several_legs_from_one_station_the_lowest_goes_first():
    origin, target = np.array([1, HOME, 1, 1]), np.array([1, 1, 1, 2])
    assert walk(origin, target) == [1, 0, 2, 3]
