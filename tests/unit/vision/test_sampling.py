from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from vision.training.sampling import LikelyFirstSampler  # noqa: E402

THING, EMPTY, PASSED = 1, 0, -1


def chosen(labels, n_regions=8, share=0.5):
    (full,), (empty,) = LikelyFirstSampler(n_regions, share)([torch.tensor(labels)])
    return full.nonzero()[:, 0].tolist(), empty.nonzero()[:, 0].tolist()


def test_the_likeliest_empty_regions_are_always_learnt_from():
    labels = [EMPTY, THING, EMPTY, PASSED, EMPTY] + [EMPTY] * 50
    for _ in range(20):
        _, empty = chosen(labels)
        assert {0, 2, 4} <= set(empty)


def test_the_other_half_of_the_empty_ones_is_drawn_by_chance():
    labels = [EMPTY] * 60
    assert len({tuple(chosen(labels)[1]) for _ in range(20)}) > 1


def test_full_regions_take_their_share_at_most_and_empty_ones_fill_up():
    full, empty = chosen([THING] * 20 + [EMPTY] * 20)
    assert (len(full), len(empty)) == (4, 4)
    full, empty = chosen([THING] + [EMPTY] * 20)
    assert (full, len(empty)) == ([0], 7)


def test_nothing_is_chosen_twice_and_nothing_that_is_to_be_passed_over():
    full, empty = chosen([PASSED, THING, EMPTY, PASSED])
    assert (full, empty) == ([1], [2])


def test_a_picture_without_regions_gives_none():
    assert chosen([]) == ([], [])
