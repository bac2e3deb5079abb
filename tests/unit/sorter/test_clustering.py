from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sorter.clustering import cluster_items, number_by_first

EMBEDDINGS = hnp.arrays(np.float64, (6, 2), elements=st.integers(0, 2).map(float))
LABELS = st.lists(st.integers(0, 4), max_size=12).map(lambda labels: np.array(labels, np.int64))


def around(*centres, n=8, spread=0.05, seed=0):
    """Return n points around each centre, and the number of each point's centre."""
    truth = np.repeat(np.arange(len(centres)), n)
    noise = np.random.default_rng(seed).normal(0, spread, (len(truth), len(centres[0])))
    return np.array(centres, float)[truth] + noise, truth


@settings(max_examples=20)
@given(EMBEDDINGS, st.integers(1, 8))
def test_there_are_never_more_clusters_than_containers_or_different_items(embeddings, k):
    labels = cluster_items(embeddings, k, seed=0)
    n = len(np.unique(labels))
    assert n == min(k, len(np.unique(embeddings, axis=0)))
    assert sorted(set(labels.tolist())) == list(range(n))


@settings(max_examples=20)
@given(EMBEDDINGS, st.integers(1, 8))
def test_items_that_look_the_same_share_a_cluster(embeddings, k):
    labels = cluster_items(embeddings, k, seed=0)
    for one in range(len(labels)):
        same = (embeddings == embeddings[one]).all(axis=1)
        assert (labels[same] == labels[one]).all()


@pytest.mark.parametrize("seed", range(5))
def test_clear_groups_are_found_whatever_the_seed(seed):
    embeddings, truth = around((1, 0, 0), (0, 1, 0), (0, 0, 1))
    assert cluster_items(embeddings, 3, seed).tolist() == truth.tolist()


def test_the_same_items_give_the_same_clusters_even_where_no_groups_are_clear():
    embeddings = np.random.default_rng(0).normal(size=(300, 16))
    once = cluster_items(embeddings, 4, seed=7)
    assert once.tolist() == cluster_items(embeddings, 4, seed=7).tolist()


def test_twins_but_for_rounding_do_not_make_a_cluster_more():
    embeddings = np.array([[1, 0], [1, 1e-9], [0, 1]])
    assert cluster_items(embeddings, 3, seed=0).tolist() == [0, 0, 1]


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
