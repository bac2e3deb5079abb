from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sorter.clustering import (
    FREE,
    cluster_centres,
    cluster_items,
    find_margins,
    number_by_first,
    number_known,
)
from sorter.embedding import normalise_embeddings
from sorter.types import Clustering

EMBEDDINGS = hnp.arrays(np.float64, (6, 2), elements=st.integers(0, 2).map(float))
WAYS = st.sampled_from(Clustering)
LABELS = st.lists(st.integers(0, 4), max_size=12).map(lambda labels: np.array(labels, np.int64))


def around(*centres, n=8, spread=0.05, seed=0):
    """Return n points around each centre, and the number of each point's centre."""
    truth = np.repeat(np.arange(len(centres)), n)
    noise = np.random.default_rng(seed).normal(0, spread, (len(truth), len(centres[0])))
    return np.array(centres, float)[truth] + noise, truth


@settings(max_examples=20)
@given(EMBEDDINGS, st.integers(1, 8), WAYS)
def test_there_are_never_more_clusters_than_containers_or_different_items(vectors, k, way):
    embeddings = normalise_embeddings(vectors, 6)
    labels = cluster_items(embeddings, k, 0, way)
    n = len(np.unique(labels))
    most = min(k, len(np.unique(embeddings, axis=0)))
    assert n == most if way is Clustering.KMEANS else n <= most
    assert sorted(set(labels.tolist())) == list(range(n))


@settings(max_examples=20)
@given(EMBEDDINGS, st.integers(1, 8), WAYS)
def test_items_that_look_the_same_share_a_cluster(vectors, k, way):
    embeddings = normalise_embeddings(vectors, 6)
    labels = cluster_items(embeddings, k, 0, way)
    for one in range(len(labels)):
        same = (embeddings == embeddings[one]).all(axis=1)
        assert (labels[same] == labels[one]).all()


@pytest.mark.parametrize("way", Clustering)
@pytest.mark.parametrize("seed", range(5))
def test_clear_groups_are_found_whatever_the_seed(seed, way):
    embeddings, truth = around((1, 0, 0), (0, 1, 0), (0, 0, 1))
    embeddings = normalise_embeddings(embeddings, len(truth))
    assert cluster_items(embeddings, 3, seed, way).tolist() == truth.tolist()


@pytest.mark.parametrize("way", Clustering)
def test_more_kinds_than_containers_share_what_clusters_there_are(way):
    embeddings, truth = around((1, 0, 0), (0, 1, 0), (0.1, 0, 1), (0, 0.2, 1))
    labels = cluster_items(normalise_embeddings(embeddings, len(truth)), 2, 0, way)
    assert len(set(labels.tolist())) == 2
    assert labels[truth == 2].tolist() == labels[truth == 3].tolist()


def test_fewer_kinds_than_containers_are_split_by_k_means_and_not_by_agglomeration():
    embeddings, truth = around((1, 0, 0), (0, 1, 0))
    embeddings = normalise_embeddings(embeddings, len(truth))
    assert len(set(cluster_items(embeddings, 4, 0, Clustering.KMEANS).tolist())) == 4
    assert len(set(cluster_items(embeddings, 4, 0, Clustering.SPHERICAL).tolist())) == 4
    joined = cluster_items(embeddings, 4, 0, Clustering.AGGLOMERATIVE)
    assert joined.tolist() == truth.tolist()


def test_agglomeration_joins_two_that_are_alike_and_keeps_two_that_are_not():
    alike = np.array([[1, 0], [0.8, 0.6]])
    assert cluster_items(alike, 2, 0, Clustering.AGGLOMERATIVE).tolist() == [0, 0]
    unlike = np.array([[1, 0], [0.2, 0.96**0.5]])
    assert cluster_items(unlike, 2, 0, Clustering.AGGLOMERATIVE).tolist() == [0, 1]


@pytest.mark.parametrize("way", Clustering)
def test_the_same_items_give_the_same_clusters_even_where_no_groups_are_clear(way):
    embeddings = np.random.default_rng(0).normal(size=(300, 16))
    once = cluster_items(embeddings, 4, 7, way)
    assert once.tolist() == cluster_items(embeddings, 4, 7, way).tolist()


@settings(max_examples=40)
@given(EMBEDDINGS, st.lists(st.integers(-1, 2), min_size=6, max_size=6), st.integers(0, 3), WAYS)
def test_things_of_a_known_kind_stay_together_and_apart_from_other_known_kinds(
    vectors, known, more, way
):
    known = np.array(known, np.int64)
    kinds = np.unique(known[known != FREE])
    k = max(1, len(kinds) + more)
    labels = cluster_items(normalise_embeddings(vectors, 6), k, 0, way, known)
    ends = [set(labels[known == kind].tolist()) for kind in kinds]
    assert all(len(end) == 1 for end in ends)
    assert len(set().union(*ends)) == len(kinds)
    assert len(set(labels.tolist())) <= k


@pytest.mark.parametrize("way", Clustering)
def test_a_thing_goes_with_the_known_kind_that_it_is_like(way):
    embeddings, truth = around((1, 0, 0), (0, 1, 0), (0, 0, 1))
    known = np.where(np.arange(len(truth)) % 8 == 0, truth + 5, FREE)
    known[truth == 2] = FREE
    embeddings = normalise_embeddings(embeddings, len(truth))
    assert cluster_items(embeddings, 3, 0, way, known).tolist() == truth.tolist()


def test_k_means_finds_what_it_finds_unaided_where_known_kinds_tell_nothing_new():
    embeddings, truth = around((1, 0, 0), (0, 1, 0), (0.6, 0.6, 0), spread=0.2)
    embeddings = normalise_embeddings(embeddings, len(truth))
    alone = cluster_items(embeddings, 3, 0)
    known = np.where(alone == 1, 1, FREE)
    assert cluster_items(embeddings, 3, 0, known=known).tolist() == alone.tolist()


@given(LABELS)
def test_known_kinds_are_renumbered_in_their_order_and_what_is_free_stays_free(labels):
    known = 3 * labels - 1
    known[labels == 0] = FREE
    held = number_known(known)
    assert (held[known == FREE] == FREE).all()
    kinds = np.unique(known[known != FREE]).tolist()
    assert [kinds[one] for one in held[known != FREE]] == known[known != FREE].tolist()


def test_twins_but_for_rounding_do_not_make_a_cluster_more():
    embeddings = np.array([[1, 0], [1, 1e-9], [0, 1]])
    assert cluster_items(embeddings, 3, seed=0).tolist() == [0, 0, 1]


@pytest.mark.parametrize("way", Clustering)
@pytest.mark.parametrize("known", [FREE, 0, 3])
def test_one_thing_is_one_cluster_known_or_not(way, known):
    embedding = np.array([[0.6, 0.8]])
    assert cluster_items(embedding, 2, 0, way, np.array([known])).tolist() == [0]


@pytest.mark.parametrize("k", [0, 1, 5])
def test_no_items_make_no_clusters(k):
    assert cluster_items(np.zeros((0, 4)), k, seed=0).tolist() == []


@given(LABELS)
def test_renumbering_keeps_who_belongs_together_and_counts_up_from_the_first(labels):
    renumbered = number_by_first(labels)
    together = labels[:, None] == labels
    assert ((renumbered[:, None] == renumbered) == together).all()
    firsts = list(dict.fromkeys(renumbered.tolist()))
    assert firsts == list(range(len(firsts)))


def test_the_centre_of_a_cluster_is_its_mean():
    embeddings = np.array([[1.0, 0], [3, 0], [0, 4]])
    assert cluster_centres(embeddings, np.array([0, 0, 1])).tolist() == [[2, 0], [0, 4]]


def margins_of(embeddings, labels):
    return find_margins(embeddings, labels, cluster_centres(embeddings, labels))


@given(EMBEDDINGS, st.lists(st.integers(0, 2), min_size=6, max_size=6))
def test_margins_lie_between_0_and_1(embeddings, labels):
    margins = margins_of(embeddings, number_by_first(np.array(labels)))
    assert ((margins >= 0) & (margins <= 1)).all()


def test_the_margin_is_how_much_nearer_the_own_centre_is_than_the_next():
    embeddings = np.array([[0.0, 0], [2, 0], [10, 0], [100, 0]])
    margins = margins_of(embeddings, np.array([0, 0, 1, 2]))
    assert margins.tolist() == pytest.approx([1 - 1 / 10, 1 - 1 / 8, 1, 1])


def test_with_one_cluster_no_item_is_doubtful():
    assert margins_of(np.eye(3), np.zeros(3, np.int64)).tolist() == [1, 1, 1]


def test_an_item_as_near_to_another_centre_or_nearer_has_no_margin():
    embeddings = np.array([[0.0], [10], [9], [5]])
    margins = margins_of(embeddings, np.array([0, 0, 1, 1]))
    assert margins[1] == 0  # nearer to the other centre, 7, than to its own, 5
    same = np.zeros((2, 3))
    assert margins_of(same, np.array([0, 1])).tolist() == [0, 0]
