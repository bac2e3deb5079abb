"""One table sorted twice from the same detections: by our rules, and by the original's."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from benchmarks.grouping import Grouping, compare_groupings
from benchmarks.original_rules import sort_as_original
from benchmarks.seen_scene import SeenScene
from benchmarks.truth import (
    MergeErrors,
    Sighting,
    TrueThing,
    count_merge_errors,
    true_things,
)
from cli.tables import TableSettings
from robot.judge import Score, judge
from sorter.commands import home_of, plan_document
from sorter.geometry import travel_pw
from sorter.pipeline import sort_session
from sorter.types import Container, Item, Plan, ServoPosition

SERVO_SPEED_PW_S = 700.0
"""Source: the original's robot, docs/interfaces/sorterbot.md."""


@dataclass(frozen=True, slots=True)
class Side:
    """What one set of rules came to on one table.

    Attributes:
        n_items: That the rules think there are, those included that lie in containers.
        n_containers: That they think there are.
        merging: Errors of items and of containers together.
        travel_pw: Servo travel of all commands from home, slower servo counted.
        failure: Why there were no commands, where the rules failed.
    """

    n_items: int
    n_containers: int
    merging: MergeErrors
    score: Score
    travel_pw: float
    failure: str | None = None

    @property
    def travel_s(self) -> float:
        """Return how long the servos turn."""
        return self.travel_pw / SERVO_SPEED_PW_S

    @property
    def n_moved(self) -> int:
        """Return how many picks took hold of an item, wherever it lay."""
        return self.score.picks_hit + self.score.picked_from_container


@dataclass(frozen=True, slots=True)
class PairedRow:
    """Both sides of one table.

    Attributes:
        seed: ``sorterbot demo --seed`` shows the table, given the same numbers of things.
        in_its_order_pw: Servo travel of our commands in the order in which the original takes
            items: as they are found, picture by picture.
        grouping: What each way of clustering makes of our items' embeddings.
    """

    seed: int
    kinds: tuple[str, ...]
    ours: Side
    original: Side
    in_its_order_pw: float
    grouping: tuple[Grouping, ...]

    def document(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        sides = {"ours": self.ours, "original": self.original}
        return {
            "seed": self.seed,
            "kinds": list(self.kinds),
            **{name: _side_document(side) for name, side in sides.items()},
            "in_its_order_pw": self.in_its_order_pw,
            "grouping": [asdict(grouping) for grouping in self.grouping],
        }


def compare_on(tables: TableSettings, number: int, seen: SeenScene) -> PairedRow:
    """Sort a table by either set of rules, let the arm carry both out, and judge.

    The arm begins anew at the same table for each, and its hand trembles alike.
    """
    arm = tables.stand_at(number, f"SCENE{number:04}")
    seed, shown = tables.seed + number, true_things(seen)
    plan = sort_session(arm.arm, seen.photographs, seen.crops)
    original = sort_as_original(arm.arm.geometry, seen.photographs, seen.crops, seed)
    ours = carry_out(tables, number, plan_document(plan, {}))
    theirs = carry_out(tables, number, original.document())
    return PairedRow(
        seed=seed,
        kinds=tuple(sorted({item.kind for item in arm.scene.items})),
        ours=Side(
            len(plan.items),
            len(plan.containers),
            _merging(plan.items, shown) + _merging(plan.containers, shown),
            *ours,
        ),
        original=Side(
            len(original.items),
            len(original.containers),
            count_merge_errors([thing.sightings for thing in original.items], shown)
            + count_merge_errors([thing.sightings for thing in original.containers], shown),
            *theirs,
            original.failure,
        ),
        in_its_order_pw=travel_of(in_order_found(plan, seen), home_of(arm.arm)),
        grouping=compare_groupings(plan, seen, shown, [item.kind for item in arm.scene.items]),
    )


def carry_out(
    tables: TableSettings, number: int, document: Mapping[str, Any]
) -> tuple[Score, float]:
    """Let a fresh arm do what a document commands; return its score and travel."""
    arm = tables.stand_at(number, f"SCENE{number:04}")
    travel = travel_of(document, home_of(arm.arm))
    deeds = list(arm.carry_out(document))
    return judge(arm.load_placements(), [deed.grip for deed in deeds]), travel


def in_order_found(plan: Plan, seen: SeenScene) -> dict[str, Any]:
    """Return a plan's commands in the order in which the photographs show their items first."""
    turn = {photograph.image_id: turn for turn, photograph in enumerate(seen.photographs)}
    found = [min((turn[image_id], row) for image_id, row in i.sightings) for i in plan.items]
    commands = plan_document(plan, {})["commands"]
    commands.sort(key=lambda command: found[command["item"]])
    return {"commands": [{**command, "order": n} for n, command in enumerate(commands)]}


def travel_of(document: Mapping[str, Any], home: ServoPosition) -> float:
    """Return the servo travel of commands from ``home``, in pulse width."""
    commands = sorted(document["commands"], key=lambda command: int(command["order"]))
    stops = [command[stop] for command in commands for stop in ("pick", "drop")]
    way = [
        (home.servo0_pw, home.servo1_pw),
        *((stop["servo0_pw"], stop["servo1_pw"]) for stop in stops),
    ]
    return float(np.sum(travel_pw(way[:-1], way[1:]))) if stops else 0.0


def _merging(
    things: Iterable[Item | Container], shown: Mapping[Sighting, TrueThing]
) -> MergeErrors:
    groups: list[Collection[Sighting]] = [thing.sightings for thing in things]
    return count_merge_errors(groups, shown)


def _side_document(side: Side) -> dict[str, Any]:
    fields = asdict(side)
    return {**fields.pop("score"), **fields.pop("merging"), **fields}
