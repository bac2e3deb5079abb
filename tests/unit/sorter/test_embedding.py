from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sorter.embedding import GroupLikeness, likeness, mean_embeddings, normalise_embeddings
from sorter.errors import InvalidInputError

FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)


@given(hnp.arrays(np.float32, st.tuples(st.integers(0, 5), st.integers(0, 6)), elements=FLOATS))
def test_every_embedding_comes_out_with_length_one_or_as_zeros(embeddings):
    lengths = np.linalg.norm(normalise_embeddings(embeddings, len(embeddings)), axis=1)
    np.testing.assert_allclose(lengths, embeddings.any(axis=1).astype(float), atol=1e-9)


@given(hnp.arrays(np.float32, (3, 4), elements=st.floats(-9, 9, width=32)), st.floats(0.1, 10))
def test_brightness_changes_nothing(embeddings, factor):
    vectors = embeddings.astype(np.float64)  # float32 would round its smallest numbers to 0
    once = normalise_embeddings(vectors, 3)
    np.testing.assert_allclose(normalise_embeddings(vectors * factor, 3), once, atol=1e-9)


@pytest.mark.parametrize("shape", [(2, 4), (4, 4), (3,), (3, 2, 2)])
def test_another_shape_than_a_row_an_item_is_refused(shape):
    with pytest.raises(InvalidInputError, match="3 crops"):
        normalise_embeddings(np.ones(shape), 3)


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused(number):
    with pytest.raises(InvalidInputError, match="not finite"):
        normalise_embeddings(np.array([[1, number]]), 1)


@given(hnp.arrays(np.float64, (4, 3), elements=st.integers(-3, 3).map(float)))
def test_likeness_is_the_cosine_and_nothing_is_like_zeros(vectors):
    alike = likeness(vectors, vectors)
    lengths = np.linalg.norm(vectors, axis=1)
    np.testing.assert_allclose(alike * lengths * lengths[:, None], vectors @ vectors.T, atol=1e-9)
    assert (np.abs(alike) <= 1 + 1e-9).all()
    assert (alike[lengths == 0] == 0).all()


@given(
    st.lists(
        hnp.arrays(
            np.float64,
            st.tuples(st.integers(1, 3), st.just(3)),
            elements=st.integers(-3, 3).map(float),
        ),
        max_size=4,
    )
)
def test_a_thing_looks_like_the_mean_of_its_views(things):
    views = np.concatenate(things) if things else np.zeros((0, 3))
    found = mean_embeddings(views, [len(thing) for thing in things])
    assert found.shape == (len(things), 3)
    for mean, thing in zip(found, things, strict=True):
        total = thing.sum(axis=0)
        assert np.linalg.norm(mean) == pytest.approx(float(total.any()), abs=1e-9)
        np.testing.assert_allclose(mean * np.linalg.norm(total), total, atol=1e-9)


@given(st.integers(0, 1000), st.lists(st.integers(0, 3), min_size=1, max_size=12))
def test_the_likeness_of_groups_is_that_of_all_their_pairs(seed, group):
    group = np.unique(group, return_inverse=True)[1]
    vectors = np.random.default_rng(seed).normal(size=(len(group), 4))
    vectors /= np.linalg.norm(vectors, axis=1)[:, None]
    alike = GroupLikeness.of(vectors, group)
    a, b = np.triu_indices(len(group), 1)
    wanted = np.zeros_like(alike.sums, dtype=bool)
    for one, other in [(0, 0), (0, int(group.max()))]:
        wanted[:], wanted[one, other] = False, True
        pairs = likeness(vectors, vectors)[a, b][
            (np.minimum(group[a], group[b]) == one) & (np.maximum(group[a], group[b]) == other)
        ]
        expected = pytest.approx(pairs.mean(), abs=1e-9) if len(pairs) else None
        assert alike.mean(wanted) == expected
