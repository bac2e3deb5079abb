"""Many tables, each sorted twice: who does better, how often, and whether that is chance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from statistics import mean, median
from typing import Any

from scipy.stats import binomtest

from benchmarks.paired_scene import SERVO_SPEED_PW_S, PairedRow, Side
from benchmarks.truth import MergeErrors
from robot.judge import Score

Pair = tuple[float, float]
"""Ours and the original's number of one table."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One measure over all tables.

    Attributes:
        tables: That have the measure on both sides.
        ours: The mean or median over them.
        original: The same of the original's rules.
        better: Tables on which ours is strictly better.
        worse: Tables on which ours is strictly worse.
        p: Of the two-sided sign test: how likely such a difference is if neither is better.
    """

    measure: str
    tables: int
    ours: float
    original: float
    better: int
    worse: int
    p: float

    @property
    def better_share(self) -> float:
        """Return on which share of the tables that differ ours is better; 1 where none does."""
        differing = self.better + self.worse
        return self.better / differing if differing else 1.0


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of a side, and how it is told; ``None`` where a side has no such number."""

    name: str
    of: Callable[[Side], float | None]
    middle: Callable[[Iterable[float]], float]
    less_is_better: bool


def _hit_rate(side: Side) -> float | None:
    return side.score.hit_rate if side.score.picks else None


def _travel_s(side: Side) -> float | None:
    return side.travel_s if side.score.picks else None


def _travel_s_per_item(side: Side) -> float | None:
    return side.travel_s / side.n_moved if side.n_moved else None


MEASURES = (
    Measure("merge errors a table", lambda side: side.merging.total, mean, less_is_better=True),
    Measure("items right", lambda side: side.score.right_rate, mean, less_is_better=False),
    Measure("picks that hit", _hit_rate, mean, less_is_better=False),
    Measure(
        "picks out of containers",
        lambda side: side.score.picked_from_container,
        mean,
        less_is_better=True,
    ),
    Measure("travel a table, s", _travel_s, median, less_is_better=True),
    Measure("travel an item moved, s", _travel_s_per_item, median, less_is_better=True),
)
"""Where a side commands nothing, it has no hit rate and no travel."""


def compare_all(rows: Sequence[PairedRow]) -> list[Comparison]:
    """Return every measure, over the tables where both sides have it.

    The last has our commands on both sides, and only their order from either.
    """
    compared = [
        compare(
            measure.name,
            pairs_of(rows, measure),
            measure.middle,
            less_is_better=measure.less_is_better,
        )
        for measure in MEASURES
    ]
    travels = [
        (row.ours.travel_s, row.in_its_order_pw / SERVO_SPEED_PW_S)
        for row in rows
        if row.ours.score.picks
    ]
    same = compare("our commands ordered, s", travels, median, less_is_better=True)
    return [*compared, same]


def pairs_of(rows: Iterable[PairedRow], measure: Measure) -> list[Pair]:
    """Return the numbers of the tables on which both sides have one."""
    found = [(measure.of(row.ours), measure.of(row.original)) for row in rows]
    return [(one, other) for one, other in found if one is not None and other is not None]


def compare(
    measure: str,
    pairs: Sequence[Pair],
    middle: Callable[[Iterable[float]], float],
    *,
    less_is_better: bool,
) -> Comparison:
    """Compare pairs of numbers; without any, both sides are 0."""
    gains = [other - ours if less_is_better else ours - other for ours, other in pairs]
    better, worse = sum(gain > 0 for gain in gains), sum(gain < 0 for gain in gains)
    return Comparison(
        measure,
        len(pairs),
        float(middle([ours for ours, _ in pairs])) if pairs else 0.0,
        float(middle([other for _, other in pairs])) if pairs else 0.0,
        better,
        worse,
        sign_test_p(better, worse),
    )


def sign_test_p(better: int, worse: int) -> float:
    """Return the two-sided sign test's p; tables that are alike on both sides do not count."""
    return float(binomtest(better, better + worse).pvalue) if better + worse else 1.0


def summary_document(rows: Sequence[PairedRow]) -> dict[str, Any]:
    """Return sums, comparisons and groupings over all tables as a JSON object."""
    return {
        "tables": len(rows),
        "ours": _sums([row.ours for row in rows]),
        "original": _sums([row.original for row in rows]),
        "comparisons": [
            {**asdict(one), "better_share": round(one.better_share, 4)} for one in compare_all(rows)
        ],
        "grouping": grouping_shares(rows),
    }


def grouping_shares(rows: Iterable[PairedRow]) -> dict[str, float]:
    """Return which share of all items each way of clustering puts right."""
    items: dict[str, int] = defaultdict(int)
    right: dict[str, int] = defaultdict(int)
    for row in rows:
        for grouping in row.grouping:
            items[grouping.way] += grouping.items
            right[grouping.way] += grouping.right
    return {way: round(right[way] / items[way], 4) for way in items}


def _sums(sides: Sequence[Side]) -> dict[str, Any]:
    score = Score.total(side.score for side in sides)
    errors = sum((side.merging for side in sides), MergeErrors())
    return {
        **asdict(score),
        **asdict(errors),
        "right_rate": round(score.right_rate, 4),
        "hit_rate": round(score.hit_rate, 4),
        "travel_s": round(sum(side.travel_s for side in sides), 1),
        "failures": sum(side.failure is not None for side in sides),
    }
