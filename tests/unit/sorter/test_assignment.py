from __future__ import annotations

from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sorter.assignment import UNCLAIMED, assign_clusters
from sorter.geometry import travel_pw

PLACES = hnp.arrays(np.float64, (5, 2), elements=st.integers(0, 50).map(float))


@st.composite
def clusters_and_containers(draw):
    k = draw(st.integers(1, 3))
    clusters = [*range(k), *draw(st.lists(st.integers(0, k - 1), min_size=5 - k, max_size=5 - k))]
    m = draw(st.integers(k, 4))
    containers = draw(hnp.arrays(np.float64, (m, 2), elements=st.integers(0, 50).map(float)))
    return np.array(clusters, np.int64), containers


def total(clusters, places, containers, targets):
    return travel_pw(places, containers[np.array(targets)[clusters]]).sum()


@given(clusters_and_containers(), PLACES, st.data())
def test_clusters_that_nothing_claims_get_other_containers_for_the_least_travel(
    drawn, places, data
):
    clusters, containers = drawn
    k, m = int(clusters.max()) + 1, len(containers)
    order = data.draw(st.permutations(range(m)))
    is_claimed = data.draw(st.lists(st.booleans(), min_size=k, max_size=k))
    claims = np.where(is_claimed, np.array(order[:k]), UNCLAIMED)
    targets = assign_clusters(clusters, places, containers, claims)
    assert len(set(targets.tolist())) == len(targets) == k
    assert (targets[is_claimed] == claims[is_claimed]).all()
    ways = [
        way
        for way in permutations(range(m), k)
        if all(one in (UNCLAIMED, target) for one, target in zip(claims, way, strict=True))
    ]
    least = min(total(clusters, places, containers, way) for way in ways)
    assert total(clusters, places, containers, targets) == least


def test_where_all_containers_are_as_near_the_choice_is_the_same_every_time():
    places = np.array([[0.0, 0.0], [0.0, 0.0]])
    containers = np.array([[-100.0, 0.0], [0.0, 100.0], [100.0, 0.0]])
    unclaimed = np.full(2, UNCLAIMED)
    choices = {
        tuple(assign_clusters(np.array([0, 1]), places, containers, unclaimed)) for _ in range(5)
    }
    assert len(choices) == 1


def test_no_clusters_need_no_container():
    none = np.zeros(0, np.int64)
    assert assign_clusters(none, np.zeros((0, 2)), np.zeros((2, 2)), none).tolist() == []


def test_a_claimed_cluster_of_which_nothing_lies_on_the_table_keeps_its_container():
    containers = np.array([[0.0, 0.0], [100.0, 0.0]])
    targets = assign_clusters(np.array([0]), np.zeros((1, 2)), containers, np.array([-1, 0]))
    assert targets.tolist() == [1, 0]
