"""Which disturbances are measured, how far, and what each costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from cli.bench import TableResult
from robot.disturbances import DEFAULT_LAMP, Disturbances
from robot.judge import Score

MOST_COST = 0.05
"""What a disturbance at its limit may cost of the items right, unless plans flag it."""

FLAGGED_MOSTLY = 0.5
"""The share of sessions whose plans must say so for a disturbance to count as detected."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One disturbance, from weak to strong.

    Attributes:
        title: With the unit in which values are drawn.
        values: Beyond none at all.
        limit: Up to where sorting must hold, one of ``values``.
        scale: Turns a value into the drawn unit.
        can_calibrate: Whether a calibration could take the disturbance away.
    """

    name: str
    title: str
    values: tuple[float, ...]
    limit: float
    scale: float = 1.0
    can_calibrate: bool = False

    @property
    def none(self) -> float:
        """Return the value that disturbs nothing."""
        return float(getattr(Disturbances(), self.name))

    def disturbances(self, value: float) -> Disturbances:
        """Return this disturbance alone."""
        if self.name == "light":
            return Disturbances(light=value, lamp=DEFAULT_LAMP)
        is_count = isinstance(getattr(Disturbances(), self.name), int)
        return Disturbances(**{self.name: int(value) if is_count else value})  # type: ignore[arg-type]


CURVES = (
    Curve("radius", "Arm radius wrong, %", (0.01, 0.02, 0.03, 0.045), 0.03, 100, True),
    Curve("roll", "Camera rolled, degrees", (1.0, 2.0, 3.0, 4.5), 3.0, 1, True),
    Curve(
        "distortion", "Lens distortion in the corners, %", (-0.025, -0.05, -0.1), -0.1, 100, True
    ),
    Curve("servo", "Servo error, pulse width (sigma)", (2.0, 4.0, 6.0, 8.0), 4.0),
    Curve("light", "Light left after two pictures, %", (0.7, 0.4, 0.25), 0.4, 100),
    Curve("missing", "Pictures of five that never come", (1, 2), 1),
    Curve("unreadable", "Pictures of five that are broken", (1, 2), 1),
    Curve("bumped", "Items bumped between two pictures", (1, 2, 3), 1),
)
"""Radius and roll have the limits that were asked for; the others are ours, and stated."""


@dataclass(frozen=True, slots=True)
class Point:
    """One strength of one disturbance, at every table.

    Attributes:
        name: Of the disturbance; "none" for none.
        scores: A table each.
        flagged: The share of sessions whose plan warned of anything.
        flags: How many sessions' plans warned of what.
    """

    name: str
    value: float
    is_calibrated: bool
    scores: tuple[Score, ...]
    flagged: float
    flags: dict[str, int]

    @property
    def key(self) -> str:
        """Return a text that tells this point from all others."""
        return point_key(self.name, self.value, is_calibrated=self.is_calibrated)

    @property
    def right_rate(self) -> float:
        """Return the share of all items that ended right."""
        return Score.total(self.scores).right_rate

    @property
    def hit_rate(self) -> float:
        """Return the share of all picks that hit."""
        return Score.total(self.scores).hit_rate

    def document(self) -> dict[str, Any]:
        """Return it as a JSON object, its rates beside it."""
        rates = {"right_rate": round(self.right_rate, 4), "hit_rate": round(self.hit_rate, 4)}
        return {**asdict(self), **rates}


def point_key(name: str, value: float, *, is_calibrated: bool) -> str:
    """Return a text that tells a point from all others."""
    return f"{name}={value:g}{' calibrated' if is_calibrated else ''}"


def point_from_document(document: dict[str, Any]) -> Point:
    """Return the point that a document was made of."""
    return Point(
        document["name"],
        document["value"],
        document["is_calibrated"],
        tuple(Score(**score) for score in document["scores"]),
        document["flagged"],
        document["flags"],
    )


def point_from_results(
    name: str, value: float, results: Sequence[TableResult], *, is_calibrated: bool
) -> Point:
    """Sum up what became of every table."""
    raised = [flag for one in results for flag in one.row["flags"]]
    return Point(
        name,
        value,
        is_calibrated,
        tuple(one.first_score for one in results),
        sum(bool(one.row["flags"]) for one in results) / len(results),
        {flag: raised.count(flag) for flag in sorted(set(raised))},
    )


def cost(point: Point, undisturbed: Point) -> tuple[float, float]:
    """Return what a disturbance costs of the items right, in pairs, and that number's error.

    Returns:
        The mean over the tables of the share lost, and its standard error.
    """
    lost = [
        before.right_rate - after.right_rate
        for before, after in zip(undisturbed.scores, point.scores, strict=True)
    ]
    error = float(np.std(lost, ddof=1) / np.sqrt(len(lost))) if len(lost) > 1 else 0.0
    return float(np.mean(lost)), error


def verdict(point: Point, undisturbed: Point) -> str:
    """Say whether sorting holds under a disturbance: it costs little, or plans warn of it."""
    if cost(point, undisturbed)[0] < MOST_COST:
        return "holds"
    return "flagged" if point.flagged >= FLAGGED_MOSTLY else "fails"
