from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from sorter.shares import share_out


@st.composite
def legs_and_rooms(draw, most_legs=30, most_stations=5):
    m = draw(st.integers(1, most_stations))
    room = np.array(draw(st.lists(st.integers(0, most_legs // m), min_size=m, max_size=m)))
    largest = draw(st.sampled_from([1, 10, 2**40]))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    return rng.integers(0, largest, (int(room.sum()), m), endpoint=True).astype(float), room


@given(legs_and_rooms())
def test_every_station_gets_its_share_and_no_other_way_costs_less(table):
    cost, room = table
    station = share_out(cost, room)
    assert np.bincount(station, minlength=len(room)).tolist() == room.tolist()
    slots = np.repeat(np.arange(len(room)), room)
    leg, slot = linear_sum_assignment(cost[:, slots])
    assert cost[np.arange(len(cost)), station].sum() == cost[leg, slots[slot]].sum()


@given(legs_and_rooms(most_legs=12))
def test_equal_ways_are_told_apart_the_same_way_every_time(table):
    assert share_out(*table).tolist() == share_out(*table).tolist()


def test_legs_reach_a_station_by_way_of_another():
    # Two legs start at the first station; the last has room, and only the middle one's leg fits it.
    cost = np.array([[0.0, 1, 100], [0, 1, 100], [9, 0, 1]])
    assert share_out(cost, np.array([1, 1, 1])).tolist() in ([0, 1, 2], [1, 0, 2])
