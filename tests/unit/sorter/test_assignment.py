from __future__ import annotations

from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sorter.assignment import assign_clusters, kinship_worth
from sorter.geometry import travel_pw

PLACES = hnp.arrays(np.float64, (5, 2), elements=st.integers(0, 50).map(float))


@st.composite
def clusters_and_containers(draw):
    k = draw(st.integers(1, 3))
    clusters = [*range(k), *draw(st.lists(st.integers(0, k - 1), min_size=5 - k, max_size=5 - k))]
    m = draw(st.integers(k, 4))
    containers = draw(hnp.arrays(np.float64, (m, 2), elements=st.integers(0, 50).map(float)))
    return np.array(clusters, np.int64), containers


def nothing_told(clusters, containers):
    """Return the kinship of clusters to containers that are empty."""
    return np.full((int(max(clusters, default=-1)) + 1, len(containers)), np.nan)


def total(clusters, places, containers, targets):
    return travel_pw(places, containers[np.array(targets)[clusters]]).sum()


@given(clusters_and_containers(), PLACES)
def test_every_cluster_gets_its_own_container_for_the_least_travel(drawn, places):
    clusters, containers = drawn
    targets = assign_clusters(clusters, places, containers, nothing_told(clusters, containers))
    assert len(set(targets.tolist())) == len(targets) == clusters.max() + 1
    ways = permutations(range(len(containers)), len(targets))
    least = min(total(clusters, places, containers, way) for way in ways)
    assert total(clusters, places, containers, targets) == least


def test_where_all_containers_are_as_near_the_choice_is_the_same_every_time():
    places = np.array([[0.0, 0.0], [0.0, 0.0]])
    containers = np.array([[-100.0, 0.0], [0.0, 100.0], [100.0, 0.0]])
    clusters = np.array([0, 1])
    kinship = nothing_told(clusters, containers)
    choices = {tuple(assign_clusters(clusters, places, containers, kinship)) for _ in range(5)}
    assert len(choices) == 1


def test_no_clusters_need_no_container():
    targets = assign_clusters(
        np.zeros(0, np.int64), np.zeros((0, 2)), np.zeros((2, 2)), np.zeros((0, 2))
    )
    assert targets.tolist() == []


NEAR_AND_FAR = np.array([[0.0, 0.0], [100.0, 0.0]])
"""Two containers; items lie at the first."""


def targets_of(kinship, n_clusters=1, containers=NEAR_AND_FAR):
    clusters = np.arange(n_clusters)
    places = np.zeros((n_clusters, 2))
    return assign_clusters(clusters, places, containers, np.array(kinship)).tolist()


def test_a_cluster_goes_to_the_container_of_its_kind_however_far():
    assert targets_of([[np.nan, 0.9]]) == [1]
    assert targets_of([[0.7, 0.9]]) == [1]


def test_a_container_of_another_kind_draws_no_cluster():
    assert targets_of([[np.nan, -0.1]]) == [0]


def test_an_empty_container_is_preferred_to_one_of_another_kind():
    assert targets_of([[-0.3, np.nan]]) == [1]


def test_of_containers_that_are_as_much_alike_the_nearer_is_taken():
    assert targets_of([[0.9, 0.9]]) == [0]
    assert targets_of([[0.901, 0.904]]) == [0]


def test_two_clusters_do_not_share_the_container_that_both_are_like():
    assert targets_of([[0.9, np.nan], [0.8, np.nan]], 2) == [0, 1]
    assert targets_of([[0.8, np.nan], [0.9, np.nan]], 2) == [1, 0]


@given(st.data())
def test_likeness_comes_first_and_travel_second_in_one_best_assignment(data):
    k, m = data.draw(st.sampled_from([(1, 1), (1, 3), (2, 2), (2, 3), (3, 3)]))
    told = st.sampled_from([np.nan, -0.4, 0.0, 0.3, 0.9])
    kinship = np.array(data.draw(st.lists(told, min_size=k * m, max_size=k * m))).reshape(k, m)
    containers = data.draw(hnp.arrays(np.float64, (m, 2), elements=st.integers(0, 50).map(float)))
    clusters, places = np.arange(k), np.zeros((k, 2))
    targets = assign_clusters(clusters, places, containers, kinship).tolist()

    def worth(way):
        gain = sum(kinship_worth(kinship)[one, target] for one, target in enumerate(way))
        return gain, -total(clusters, places, containers, way)

    assert worth(targets) == max(worth(way) for way in permutations(range(m), k))
