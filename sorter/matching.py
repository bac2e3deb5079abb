"""Uncut sightings become groups by matching pictures, and likeness decides where they compete.

Source of every rule and number: docs/adr/0011-competing-sightings.md.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, min_weight_full_bipartite_matching

from sorter.agreement import Index, Pairs
from sorter.types import LabelArray

Look = Callable[[Index], NDArray[np.float64]]
"""Returns one embedding of length 1 for each of these sightings, all together."""

NEW_THING_COST = 1.001
"""Just above a pair at its gate: a sighting is a thing of its own where it can join no group."""

UNLIKENESS_WEIGHT = 1.0
"""What looking entirely unlike costs, where two at the gate cost 1."""

CLEAR_COST = 0.25
"""Of two sightings half a gate apart: what is farther apart than that is looked at."""

RIVAL_RATIO = 4.0
"""A rival twice as far away, at four times the cost, does not compete."""

MOST_LOOKED_AT = 200
"""Sightings of one session: two seconds of one core."""


def match_sightings(picture: LabelArray, pairs: Pairs, look: Look | None = None) -> LabelArray:
    """Group sightings so that what is matched agrees best, no two of one picture in a group.

    Places decide alone, except where sightings compete (:func:`find_competing`): those are
    matched again with likeness counted too.

    Args:
        picture: ``(n,)``, the picture of each sighting; the numbers' order settles ties.
        pairs: Of different pictures; only these may share a group, every two of it.
        look: Looks at sightings; without it, places decide alone.

    Returns:
        ``(n,)`` int64, the number of each sighting's group.
    """
    pairs = pairs.where(pairs.cost <= NEW_THING_COST)
    part = _parts(len(picture), pairs)
    group = _match(picture, part, pairs)
    if look is None:
        return group
    competing = find_competing(picture, part, pairs, group)
    if not len(competing):
        return group
    number = np.full(len(picture), -1)
    number[competing] = np.arange(len(competing))
    inner = pairs.where(number[pairs.a] >= 0)
    again = Pairs(number[inner.a], number[inner.b], inner.cost)
    looks = look(competing)
    unlikeness = 1 - (looks[again.a] * looks[again.b]).sum(axis=1)
    again = Pairs(again.a, again.b, again.cost + UNLIKENESS_WEIGHT * unlikeness)
    again = again.where(again.cost <= NEW_THING_COST)
    regrouped = _match(picture[competing], _parts(len(competing), again), again)
    group[competing] = len(picture) + regrouped
    return group


def find_competing(picture: LabelArray, part: LabelArray, pairs: Pairs, group: LabelArray) -> Index:
    """Return the sightings whose places leave open which of them show one thing.

    A part of the pairs that hang together is open if two of one group lie more than half a gate
    apart, or if one of its sightings has, in another picture, a sighting of another group within
    the gate that is less than twice as far away as its own group's there. Smaller parts come
    first, until :data:`MOST_LOOKED_AT` are reached.

    Args:
        picture: As in :func:`match_sightings`.
        part: ``(n,)``, the part of each sighting.
        pairs: As in :func:`match_sightings`.
        group: The groups that places alone lead to.

    Returns:
        Rising numbers of all sightings of the open parts.
    """
    a, b = np.concatenate([pairs.a, pairs.b]), np.concatenate([pairs.b, pairs.a])
    cost = np.concatenate([pairs.cost, pairs.cost])
    is_own = group[a] == group[b]
    # Where a sighting's own group has none in that picture, any rival competes.
    width = int(picture.max(initial=0)) + 1
    key = a * width + picture[b]
    order = np.argsort(key[is_own])
    own_key, own_cost = key[is_own][order], cost[is_own][order]
    at = np.searchsorted(own_key, key)
    has_own = np.append(own_key, -1)[at] == key
    limit = np.full(len(key), np.inf)
    limit[has_own] = RIVAL_RATIO * own_cost[at[has_own]]
    is_open = np.where(is_own, cost > CLEAR_COST, cost < limit)
    sizes = np.bincount(part)
    open_parts = np.unique(part[a[is_open]])
    open_parts = open_parts[np.argsort(sizes[open_parts], kind="stable")]
    open_parts = open_parts[np.cumsum(sizes[open_parts]) <= MOST_LOOKED_AT]
    return np.flatnonzero(np.isin(part, open_parts))


def _parts(n: int, pairs: Pairs) -> LabelArray:
    links = coo_array((np.ones(len(pairs.a)), (pairs.a, pairs.b)), shape=(n, n))
    return np.asarray(connected_components(links, directed=False)[1], np.int64)


def _match(picture: LabelArray, part: LabelArray, pairs: Pairs) -> LabelArray:
    """Group sightings picture by picture, in each part those first that show most of it.

    What one picture shows of a part is matched with the groups so far at the least total cost,
    where a sighting costs the mean of what it costs with each of a group's members.
    """
    turn = _turns(picture, part)
    # Each pair is looked at when the later of the two has its turn.
    is_later = turn[pairs.a] > turn[pairs.b]
    late, early = np.where(is_later, [pairs.a, pairs.b], [pairs.b, pairs.a])
    by_turn = np.argsort(turn[late], kind="stable")
    late, early, cost = late[by_turn], early[by_turn], pairs.cost[by_turn]
    group = np.arange(len(picture))
    size = np.ones(len(picture))
    ends = np.searchsorted(turn[late], np.arange(int(turn.max(initial=0)) + 2))
    for start, end in pairwise(ends.tolist()):
        if start == end:
            continue
        here = slice(start, end)
        sighting, target = _best_match(late[here], group[early[here]], cost[here], size)
        group[sighting] = target
        size[target] += 1
    return group


def _turns(picture: LabelArray, part: LabelArray) -> LabelArray:
    """Return when each sighting is matched: in its part, the picture with the most comes first."""
    width = int(picture.max(initial=0)) + 1
    pairs, which, n = np.unique(part * width + picture, return_inverse=True, return_counts=True)
    of_part, of_picture = np.divmod(pairs, width)
    order = np.lexsort((of_picture, -n, of_part))
    first = np.searchsorted(of_part[order], of_part[order])
    turn = np.empty(len(pairs), np.int64)
    turn[order] = np.arange(len(pairs)) - first
    return turn[which]


def _best_match(
    late: Index, group: LabelArray, cost: NDArray[np.float64], size: NDArray[np.float64]
) -> tuple[Index, LabelArray]:
    """Return which sightings join which groups, at most one of ``late`` each.

    Args:
        late: ``(m,)``, a sighting and ...
        group: ``(m,)``, ... the group of one that it pairs with.
        cost: ``(m,)``, of that pair.
        size: Of every group: a sighting that pairs with fewer of its members cannot join it.
    """
    sightings, row = np.unique(late, return_inverse=True)
    groups, column = np.unique(group, return_inverse=True)
    shape = (len(sightings), len(groups))
    total = csr_array((cost + 1, (row, column)), shape=shape).tocoo()
    n_pairs = csr_array((np.ones(len(row)), (row, column)), shape=shape).tocoo()
    can = n_pairs.data == size[groups[n_pairs.col]]
    rows, columns = n_pairs.row[can], n_pairs.col[can]
    own = np.arange(len(sightings))
    # Costs are raised by 1, since a 0 would be no entry; every sighting pays it once.
    weights = csr_array(
        (
            np.concatenate([total.data[can] / n_pairs.data[can], own * 0 + 1 + NEW_THING_COST]),
            (np.concatenate([rows, own]), np.concatenate([columns, len(groups) + own])),
        ),
        shape=(len(sightings), len(groups) + len(sightings)),
    )
    matched_row, matched = min_weight_full_bipartite_matching(weights)
    joined = matched < len(groups)
    return sightings[matched_row[joined]], groups[matched[joined]]
