from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import minimum_spanning_tree

import sorter.ordering
from sorter.geometry import travel_pw
from sorter.ordering import shortest_order

HOME_PW = np.array([1500.0, 1100.0])


@st.composite
def tables(draw, max_items=5, max_containers=4):
    """Return places of items and containers and which goes where, often near its container."""
    n, m = draw(st.integers(1, max_items)), draw(st.integers(1, max_containers))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    containers = rng.integers([900, 1200], [2100, 1900], (m, 2)).astype(float)
    container_of = rng.integers(0, m, n)
    spread = draw(st.sampled_from([20, 150, 1000]))
    return (
        containers[container_of] + rng.integers(-spread, spread, (n, 2)),
        containers,
        container_of,
    )


def travel_of(order, places, containers, container_of):
    drops = containers[container_of[list(order)]]
    starts = np.vstack([HOME_PW, drops[:-1]])
    picks = places[list(order)]
    return float((travel_pw(starts, picks) + travel_pw(picks, drops)).sum())


@given(tables())
def test_no_order_of_few_items_is_shorter(table):
    n = len(table[0])
    least = min(travel_of(order, *table) for order in permutations(range(n)))
    assert travel_of(shortest_order(HOME_PW, *table), *table) == pytest.approx(least)


@settings(max_examples=20)
@given(tables(max_items=20, max_containers=5))
def test_every_item_is_picked_once(table):
    order = shortest_order(HOME_PW, *table)
    assert sorted(order) == list(range(len(table[0])))


@settings(max_examples=20)
@given(tables())
def test_without_a_search_the_order_is_longer_by_twice_the_tree_of_containers_at_most(table):
    n = len(table[0])
    least = min(travel_of(order, *table) for order in permutations(range(n)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sorter.ordering, "N_TRIES", 0)
        quick = travel_of(shortest_order(HOME_PW, *table), *table)
    used = table[1][np.unique(table[2])]
    tree = minimum_spanning_tree(travel_pw(used[:, None], used)).sum()
    assert quick <= least + 2 * tree + 1e-3


def test_an_item_beside_each_container_is_no_reason_to_strand_there():
    containers = np.array([[1000.0, 1500.0], [2000.0, 1500.0]])
    places = np.array([[1001.0, 1500], [1002, 1500], [1999, 1500], [1998, 1500]])
    order = shortest_order(HOME_PW, places, containers, np.array([0, 0, 1, 1]))
    assert {tuple(sorted(order[:2])), tuple(sorted(order[2:]))} == {(0, 1), (2, 3)}


def test_equal_ways_are_told_apart_the_same_way_every_time():
    containers = np.array([[1400.0, 1500.0], [1600.0, 1500.0]])
    places = np.array([[1500.0, 1500.0]] * 6)
    container_of = np.array([0, 1, 0, 1, 0, 1])
    orders = {tuple(shortest_order(HOME_PW, places, containers, container_of)) for _ in range(5)}
    assert len(orders) == 1


def test_a_table_far_beyond_any_real_one_is_ordered():
    rng = np.random.default_rng(0)
    containers = rng.uniform([900, 1200], [2100, 1900], (3, 2))
    container_of = rng.integers(0, 3, 400)
    places = containers[container_of] + rng.normal(0, 100, (400, 2))
    order = shortest_order(HOME_PW, places, containers, container_of)
    assert sorted(order) == list(range(400))
