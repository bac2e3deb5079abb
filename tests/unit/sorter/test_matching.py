from __future__ import annotations

from itertools import chain, combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sorter.agreement import Pairs
from sorter.matching import MOST_LOOKED_AT, match_sightings

GATE = 70.0


def pairs_of(picture, x):
    """Return the pairs of sightings on a line that lie within the gate."""
    couples = [
        (abs(x[a] - x[b]) / GATE, a, b)
        for a, b in combinations(range(len(x)), 2)
        if picture[a] != picture[b] and abs(x[a] - x[b]) <= GATE
    ]
    share, a, b = (
        (np.array(column) for column in zip(*couples, strict=True))
        if couples
        else (np.zeros(0),) * 3
    )
    return Pairs.sorted_by(share**2, a.astype(np.intp), b.astype(np.intp))


class Eyes:
    """Shows each sighting's kind, one axis a kind, and remembers what it was asked for."""

    def __init__(self, *kinds):
        self.kinds = kinds
        self.asked = []

    def __call__(self, numbers):
        self.asked.append(numbers.tolist())
        return np.eye(4)[[self.kinds[number] for number in numbers]]


def groups(picture, x, look=None):
    """Return the groups as lists of sighting numbers."""
    picture = np.array(picture, np.int64)
    label = match_sightings(picture, pairs_of(picture, x), look)
    return sorted(np.flatnonzero(label == one).tolist() for one in np.unique(label))


def row(*pictures):
    """Return the picture and the place of every sighting: one list of places a picture."""
    picture = [number for number, places in enumerate(pictures) for _ in places]
    return picture, [x for places in pictures for x in places]


@st.composite
def rows_of_sightings(draw):
    places = st.lists(st.integers(0, 300).map(float), max_size=5)
    return row(*draw(st.lists(places, min_size=1, max_size=4)))


@given(rows_of_sightings(), st.booleans())
def test_every_two_of_a_group_are_a_pair_and_of_two_pictures(sightings, is_looking):
    picture, x = sightings
    look = Eyes(*(int(place) % 3 for place in x)) if is_looking else None
    found = groups(picture, x, look)
    assert sorted(chain.from_iterable(found)) == list(range(len(x)))
    for group in found:
        for a, b in combinations(group, 2):
            assert picture[a] != picture[b]
            assert abs(x[a] - x[b]) <= GATE


def test_without_sightings_there_are_no_groups():
    assert groups([], []) == []
    assert groups([], [], Eyes()) == []


@pytest.mark.parametrize("shift", [-30, -15, 0, 15, 30])
@pytest.mark.parametrize("apart", [45, 60, 90])
def test_alike_neighbours_keep_apart_though_a_picture_is_shifted_as_a_whole(apart, shift):
    picture, x = row([0, apart], [shift, apart + shift], [0, apart])
    assert groups(picture, x, Eyes(*[0] * 6)) == [[0, 2, 4], [1, 3, 5]]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("kinds", [(0, 0), (0, 1)])
def test_neighbours_closer_than_the_gate_neither_merge_nor_split(kinds, seed):
    rng = np.random.default_rng(seed)
    apart = rng.uniform(45, 69)
    pictures = [
        rng.uniform(-15, 15) + np.array([0, apart]) + rng.uniform(-5, 5, 2) for _ in range(3)
    ]
    picture, x = row(*pictures)
    assert groups(picture, x, Eyes(*kinds * 3)) == [[0, 2, 4], [1, 3, 5]]


def test_where_each_picture_misses_one_the_picture_that_shows_both_decides():
    picture, x = row([0], [50], [3, 47])
    assert groups(picture, x) == [[0, 2], [1, 3]]


def test_unlike_sightings_that_no_place_tells_apart_are_told_apart_by_look():
    picture, x = row([0, 40], [40, 80])  # places alone cannot know that the picture is shifted
    assert groups(picture, x, Eyes(0, 1, 0, 1)) == [[0, 2], [1, 3]]
    assert groups(picture, x, Eyes(0, 1, 1, 2)) == [[0], [1, 2], [3]]


def test_two_unlike_things_of_which_each_picture_shows_one_stay_two():
    picture, x = row([0], [50])
    assert groups(picture, x) == [[0, 1]]
    assert groups(picture, x, Eyes(0, 0)) == [[0, 1]]
    assert groups(picture, x, Eyes(0, 1)) == [[0], [1]]


def test_only_sightings_that_compete_are_looked_at_and_all_at_once():
    clear = [(1000.0, 1060.0), (1004.0, 1057.0)]
    picture, x = row([0, 45, *clear[0]], [30, 75, *clear[1]])
    eyes = Eyes(*[0] * 8)
    groups(picture, x, eyes)
    assert eyes.asked == [[0, 1, 4, 5]]


def test_nothing_is_looked_at_where_places_say_all():
    eyes = Eyes(*[0] * 6)
    groups(*row([0, 60, 500], [3, 62, 504]), eyes)
    assert eyes.asked == []


def test_a_sighting_whose_group_lacks_the_rivals_picture_competes():
    eyes = Eyes(0, 1, 1)
    assert groups(*row([0, 60], [58]), eyes) == [[0], [1, 2]]
    assert eyes.asked == [[0, 1, 2]]


def test_beyond_the_most_that_are_looked_at_places_decide_and_small_knots_come_first():
    n = MOST_LOOKED_AT // 2 + 1
    knot = [50.0 * number for number in range(n)]
    picture, x = row([*knot, 90_000.0], [*(place + 25 for place in knot), 90_050.0])
    eyes = Eyes(*[0] * (n + 1) * 2)
    groups(picture, x, eyes)
    assert eyes.asked == [[n, 2 * n + 1]]


@given(rows_of_sightings(), st.data())
def test_the_order_of_the_pairs_changes_nothing(sightings, data):
    picture, x = sightings
    pairs = pairs_of(picture, x)
    order = np.array(data.draw(st.permutations(range(len(pairs.a)))), np.intp)
    shuffled = Pairs(pairs.a[order], pairs.b[order], pairs.cost[order])
    picture = np.array(picture, np.int64)
    first, second = (match_sightings(picture, one) for one in (pairs, shuffled))
    assert first.tolist() == second.tolist()
