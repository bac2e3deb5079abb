from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from sorter.clustering import FREE
from sorter.destinations import (
    LEAST_MARGIN,
    Destination,
    Target,
    Thing,
    choose_destinations,
    join_halves,
)
from sorter.detection import SURE_SCORE
from sorter.embedding import GroupLikeness
from sorter.types import Clustering, Crop

BOLT, NUT, WASHER, SPRING = range(4)
NEAR, MIDDLE, FAR = (0.0, 0.0), (100.0, 0.0), (200.0, 0.0)


class Kinds:
    """Names crops by number, and shows each crop's kind with a little that is its own."""

    def __init__(self) -> None:
        self.looks: dict[Crop, np.ndarray] = {}
        self.asked: list[list[Crop]] = []

    def crop(self, kind: int, other: int | None = None, share: float = 0.5) -> Crop:
        """Return a crop of a kind, or of something between two."""
        crop = Crop("a", (0.0, 0.0, 1.0, float(len(self.looks) + 1)))
        look = np.zeros(64)
        look[kind] = 1.0
        if other is not None:
            look[kind], look[other] = 1 - share, share
        look[8 + len(self.looks)] = 0.1
        self.looks[crop] = look
        return crop

    def embed_crops(self, crops: Sequence[Crop]) -> np.ndarray:
        self.asked.append(list(crops))
        return np.array([self.looks[crop] for crop in crops], np.float32)


@pytest.fixture
def kinds():
    return Kinds()


FAINT = np.nextafter(SURE_SCORE, 0)


def thing(shown, score=SURE_SCORE):
    """Return a thing of one crop, or of several, or the thing that is given."""
    if isinstance(shown, Thing):
        return shown
    return Thing(shown if isinstance(shown, tuple) else (shown,), score)


def faint(shown):
    return thing(shown, FAINT)


def choose(kinds, items, contents, places=(NEAR, MIDDLE, FAR), way=Clustering.KMEANS):
    """Return the destinations of items that lie at the first container."""
    targets = [
        Target(number, tuple(thing(one) for one in inside))
        for number, inside in enumerate(contents)
    ]
    return choose_destinations(
        [thing(one) for one in items],
        np.zeros((len(items), 2)),
        targets,
        np.array(places[: len(contents)]),
        kinds,
        0,
        way,
    )


def containers(destinations):
    return [one.container for one in destinations]


def test_a_kind_goes_where_its_kind_lies_already(kinds):
    items = [kinds.crop(BOLT), kinds.crop(NUT), kinds.crop(BOLT)]
    contents = [[], [kinds.crop(NUT)], [kinds.crop(BOLT), kinds.crop(BOLT)]]
    assert containers(choose(kinds, items, contents)) == [2, 1, 2]


def test_items_and_contents_are_looked_at_together_items_first(kinds):
    items, contents = [kinds.crop(BOLT)], [[kinds.crop(NUT)], [], [kinds.crop(BOLT)]]
    choose(kinds, items, contents)
    assert kinds.asked == [[*items, *contents[0], *contents[2]]]


def test_an_item_is_what_most_of_its_views_show(kinds):
    items = [kinds.crop(kind) for kind in (BOLT, NUT) for _ in range(4)]
    items.append((kinds.crop(NUT), kinds.crop(BOLT), kinds.crop(BOLT)))
    found = choose(kinds, items, [[], []])
    assert found[-1].cluster == found[0].cluster != found[4].cluster


def test_a_container_of_several_kinds_draws_none(kinds):
    items = [kinds.crop(BOLT)] * 2
    contents = [[], [kinds.crop(NUT), kinds.crop(BOLT)]]
    assert containers(choose(kinds, items, contents)) == [0, 0]


def test_what_lies_in_one_container_stays_one_kind_though_it_looks_like_two(kinds):
    items = [kinds.crop(kind) for kind in (BOLT, NUT) for _ in range(5)]
    odd = kinds.crop(BOLT, NUT, share=0.55)
    assert containers(choose(kinds, items, [[], [kinds.crop(BOLT), odd]])) == [1] * 5 + [0] * 5


def test_kinds_that_lie_in_two_containers_are_never_mixed_up(kinds):
    items = [kinds.crop(kind, NUT, share=0.3) for kind in (BOLT, WASHER) for _ in range(4)]
    contents = [[kinds.crop(BOLT, NUT, share=0.3)], [kinds.crop(WASHER, NUT, share=0.3)], []]
    found = choose(kinds, items, contents)
    assert {one.container for one in found[:4]} <= {0, 2}
    assert {one.container for one in found[4:]} <= {1, 2}


def test_a_kind_that_lies_nowhere_goes_to_an_empty_container(kinds):
    items = [kinds.crop(BOLT), kinds.crop(BOLT)]
    assert containers(choose(kinds, items, [[kinds.crop(NUT)], []])) == [1, 1]


def test_a_kind_of_which_nothing_is_left_on_the_table_splits_no_other(kinds):
    items = [kinds.crop(BOLT) for _ in range(4)] + [kinds.crop(NUT) for _ in range(4)]
    contents = [[kinds.crop(NUT)], [kinds.crop(WASHER)], [kinds.crop(BOLT)]]
    found = choose(kinds, items, contents)
    assert containers(found) == [2] * 4 + [0] * 4
    assert [one.cluster for one in found] == [0] * 4 + [1] * 4


def test_a_kind_that_lies_in_a_container_is_not_split_though_another_one_is_empty(kinds):
    items = [kinds.crop(BOLT) for _ in range(5)]
    found = choose(kinds, items, [[], [kinds.crop(BOLT)], []])
    assert containers(found) == [1] * 5
    assert {(one.cluster, one.margin) for one in found} == {(0, 1.0)}


@pytest.mark.parametrize("common", [0.0, 1.0, 3.0])
def test_two_kinds_stay_two_where_only_one_lies_in_a_container(kinds, common):
    items = [kinds.crop(BOLT) for _ in range(5)] + [kinds.crop(NUT) for _ in range(7)]
    contents = [[], [kinds.crop(BOLT), kinds.crop(BOLT)]]
    for look in kinds.looks.values():
        look[7] = common  # however alike all things look to a network
    assert containers(choose(kinds, items, contents)) == [1] * 5 + [0] * 7


@pytest.mark.parametrize(
    ("within", "across", "is_joined"),
    [
        (0.6, 0.55, True),
        (0.6, 0.5, False),  # 1.25 times as unlike
        (0.15, 0.08, True),
        (0.15, 0.0, False),  # only 1.18 times as unlike, and nothing in common
        (1.0, 1.0, True),
        (1.0, 0.99, False),
    ],
)
def test_a_cluster_joins_a_known_kind_if_it_is_its_other_half(within, across, is_joined):
    pairs = np.array([[1, 4], [4, 1]])
    alike = GroupLikeness(np.array([[within, across], [across, within]]) * pairs, pairs)
    joined = join_halves(np.array([0, 0, 1, 1]), np.array([FREE, FREE, 7, FREE]), alike)
    assert (joined == 0).all() == is_joined


def test_one_item_among_full_containers_goes_to_its_kind(kinds):
    contents = [[kinds.crop(NUT)], [kinds.crop(WASHER)], [kinds.crop(BOLT)]]
    (found,) = choose(kinds, [kinds.crop(WASHER)], contents)
    assert (found.container, found.is_unsure) == (1, False)


@pytest.mark.parametrize("way", Clustering)
def test_more_kinds_than_containers_share_containers(kinds, way):
    items = [kinds.crop(kind) for kind in (BOLT, NUT, WASHER, SPRING) for _ in range(3)]
    found = choose(kinds, items, [[], []], way=way)
    assert set(containers(found)) == {0, 1}
    for kind in range(4):
        assert len(set(containers(found[3 * kind : 3 * kind + 3]))) == 1


def test_one_container_takes_all_and_nothing_is_doubtful(kinds):
    found = choose(kinds, [kinds.crop(BOLT), kinds.crop(NUT)], [[]])
    assert found == [Destination(0, 0, 1.0)] * 2
    assert not found[0].is_unsure


def test_an_item_between_two_kinds_is_unsure_and_clear_ones_are_not(kinds):
    items = [kinds.crop(kind) for kind in (BOLT, NUT) for _ in range(6)]
    items.append(kinds.crop(BOLT, NUT, share=0.48))
    *clear, doubtful = choose(kinds, items, [[], []])
    assert doubtful.is_unsure
    assert 0 <= doubtful.margin < LEAST_MARGIN
    assert not any(one.is_unsure for one in clear)


def test_agglomeration_leaves_containers_empty_where_there_are_fewer_kinds(kinds):
    items = [kinds.crop(BOLT) for _ in range(4)]
    assert len(set(containers(choose(kinds, items, [[], []])))) == 2
    kept = choose(kinds, items, [[], []], way=Clustering.AGGLOMERATIVE)
    assert set(containers(kept)) == {0}


def test_a_faint_item_goes_with_its_kind_and_moves_no_cluster(kinds):
    items = [kinds.crop(kind) for kind in (BOLT, NUT) for _ in range(4)]
    alone = choose(kinds, items, [[], []])
    found = choose(kinds, [faint(kinds.crop(NUT, BOLT, share=0.4)), *items], [[], []])
    looks = [[(one.cluster, one.margin) for one in chosen] for chosen in (found[1:], alone)]
    assert looks[0] == looks[1]
    assert (found[0].cluster, found[0].container) == (found[-1].cluster, found[-1].container)


def test_a_faint_item_that_is_like_nothing_there_is_taken_for_nothing(kinds):
    items = [kinds.crop(kind) for kind in (BOLT, NUT) for _ in range(4)]
    found = choose(kinds, [*items, faint(kinds.crop(SPRING)), kinds.crop(BOLT)], [[], []])
    assert found[-2] is None
    assert containers([*found[:-2], found[-1]]) == [0] * 4 + [1] * 4 + [0]


@pytest.mark.parametrize(("share", "is_picked"), [(0.45, True), (0.75, False)])
def test_a_faint_item_has_to_be_like_its_cluster(kinds, share, is_picked):
    items = [kinds.crop(kind) for kind in (BOLT, NUT) for _ in range(6)]
    doubtful = faint(kinds.crop(BOLT, SPRING, share=share))
    assert (choose(kinds, [*items, doubtful], [[], []])[-1] is not None) == is_picked


def test_a_faint_content_does_not_tell_what_a_container_is_for(kinds):
    items = [kinds.crop(kind) for kind in (BOLT, NUT) for _ in range(3)]
    contents = [[faint(kinds.crop(NUT))], [kinds.crop(BOLT)]]
    assert containers(choose(kinds, items, contents)) == [1] * 3 + [0] * 3
    contents = [[], [kinds.crop(BOLT), faint(kinds.crop(NUT)), faint(kinds.crop(NUT))]]
    assert containers(choose(kinds, items, contents)) == [1] * 3 + [0] * 3


def test_where_every_item_is_faint_each_counts(kinds):
    items = [kinds.crop(kind) for kind in (BOLT, NUT) for _ in range(3)]
    contents = [[kinds.crop(NUT)], []]
    assert choose(kinds, [faint(one) for one in items], contents) == choose(kinds, items, contents)


def test_with_one_container_there_is_nothing_to_be_unlike(kinds):
    found = choose(kinds, [kinds.crop(BOLT), faint(kinds.crop(SPRING))], [[]])
    assert containers(found) == [0, 0]
