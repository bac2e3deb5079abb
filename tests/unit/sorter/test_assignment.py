from __future__ import annotations

from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sorter.assignment import assign_clusters
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


@given(clusters_and_containers(), PLACES)
def test_every_cluster_gets_its_own_container_for_the_least_travel(drawn, places):
    clusters, containers = drawn
    targets = assign_clusters(clusters, places, containers)
    assert len(set(targets.tolist())) == len(targets) == clusters.max() + 1
    ways = permutations(range(len(containers)), len(targets))
    least = min(total(clusters, places, containers, way) for way in ways)
    assert total(clusters, places, containers, targets) == least


def test_where_all_containers_are_as_near_the_choice_is_the_same_every_time():
    places = np.array([[0.0, 0.0], [0.0, 0.0]])
    containers = np.array([[-100.0, 0.0], [0.0, 100.0], [100.0, 0.0]])
    choices = {tuple(assign_clusters(np.array([0, 1]), places, containers)) for _ in range(5)}
    assert len(choices) == 1


def test_no_clusters_need_no_container():
    targets = assign_clusters(np.zeros(0, np.int64), np.zeros((0, 2)), np.zeros((2, 2)))
    assert targets.tolist() == []
