"""Virtual tables by number, so that any command can lay again what another one has met."""

from __future__ import annotations

import inspect
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, TypeVar

import numpy as np

from robot.arm import VirtualArm
from robot.disturbances import Disturbances
from robot.kinds import HELD_OUT_KINDS, KINDS, TRAINING_KINDS
from robot.table import Scene
from robot.table_layout import make_scene
from sorter.errors import InvalidInputError

MAX_ITEMS = 150
MAX_CONTAINERS = 20
"""Far more than any table has room for; laying more would only be a long search in vain."""

_ARM, _KINDS, _CHANCE, _CLUTTER, _EARLIER = 1, 2, 3, 4, 5
"""What else than the layout is drawn from a table's seed, each from numbers of its own."""


Choice = TypeVar("Choice", bound=StrEnum)


class KindSet(StrEnum):
    """Which kinds of things may come up: those that models were trained on, others, or both."""

    KNOWN = "known"
    NEW = "new"
    ALL = "all"

    @property
    def names(self) -> tuple[str, ...]:
        """Return the kinds' names, sorted."""
        if self is KindSet.KNOWN:
            return tuple(sorted(TRAINING_KINDS))
        return tuple(sorted(HELD_OUT_KINDS if self is KindSet.NEW else KINDS))


@dataclass(frozen=True, slots=True)
class TableSettings:
    """What the tables are to hold; the table of a number is the same in every run.

    Attributes:
        seed: Of table 0; table ``n`` is the table 0 of seed ``seed + n``.
        n_items: That lie free on the table.
        n_kinds: That are on each table; with ``most_kinds``, at least.
        n_containers: On each table; ``None`` for one a kind.
        n_contained: That lie in the containers already, and must stay there.
        most_kinds: On each table, drawn by its seed; ``None`` for ``n_kinds`` always.
        kind_set: Where the kinds are drawn from.
        touching: The share of free items that touch another one.
        covered: The share of free items that partly lie under another one.
        most_clutter: Things that are neither item nor container, at most; drawn by the seed.
        disturbances: Of the arm at each table.
        leaves_unsure: Whether the arm leaves items on the table of which the plan is unsure.
    """

    seed: int = 0
    n_items: int = 12
    n_kinds: int = 3
    n_containers: int | None = 3
    n_contained: int = 2
    most_kinds: int | None = None
    kind_set: KindSet = KindSet.KNOWN
    touching: float = 0.15
    covered: float = 0.08
    most_clutter: int = 4
    disturbances: Disturbances = field(default_factory=Disturbances)
    leaves_unsure: bool = False

    def __post_init__(self) -> None:
        most_kinds, n_named = self.most_kinds or self.n_kinds, len(self.kind_set.names)
        if not 1 <= self.n_kinds <= most_kinds <= n_named:
            raise InvalidInputError(
                f"there are 1 to {n_named} {self.kind_set} kinds, "
                f"not {self.n_kinds} to {most_kinds}"
            )
        n_containers = most_kinds if self.n_containers is None else self.n_containers
        if min(self.seed, self.n_items, n_containers, self.n_contained, self.most_clutter) < 0:
            raise InvalidInputError("seed, items, containers and clutter cannot lie below 0")
        if not (0 <= self.touching <= 1 and 0 <= self.covered <= 1):
            raise InvalidInputError("the shares of touching and covered items lie in 0 to 1")
        if self.n_items + self.n_contained > MAX_ITEMS or n_containers > MAX_CONTAINERS:
            raise InvalidInputError(
                f"{self.n_items + self.n_contained} items and {n_containers} containers find "
                "no room on the table"
            )

    def document(self) -> dict[str, Any]:
        """Return it as a JSON object; of the disturbances, what differs from none."""
        return {**asdict(self), "disturbances": self.disturbances.told}

    def lay(self, number: int) -> Scene:
        """Lay one table.

        Raises:
            InvalidInputError: So much has no room on it.
        """
        return self._lay(number, np.random.default_rng(self.seed + number))

    def _lay(self, number: int, rng: np.random.Generator) -> Scene:
        n_kinds = self._n_kinds_of(number)
        n_containers = n_kinds if self.n_containers is None else self.n_containers
        n_contained = self.n_contained if n_containers else 0
        names = rng.choice(self.kind_set.names, n_kinds, replace=False)
        return make_scene(
            rng,
            n_items=self.n_items + n_contained,
            kinds=[str(name) for name in names],
            n_containers=n_containers,
            n_contained=n_contained,
            **self._hardships(number),
        )

    def stand_at(self, number: int, arm_id: str) -> VirtualArm:
        """Return an arm at one table; its hand trembles the same way each time."""
        return self._stand_before(self.lay(number), number, arm_id)

    def stand_earlier(self, number: int, arm_id: str) -> VirtualArm:
        """Return the same arm, wrong in the same way, at another table, as of an earlier day."""
        earlier = self._lay(number, self._rng(number, _EARLIER))
        return self._stand_before(earlier, number, arm_id)

    def _stand_before(self, scene: Scene, number: int, arm_id: str) -> VirtualArm:
        rngs = self._rng(number, _ARM), self._rng(number, _CHANCE)
        arm = VirtualArm(arm_id, scene, rngs[0], self.disturbances, rngs[1])
        arm.arm = replace(arm.arm, leaves_unsure=self.leaves_unsure)
        return arm

    def _n_kinds_of(self, number: int) -> int:
        if self.most_kinds is None:
            return self.n_kinds
        return int(self._rng(number, _KINDS).integers(self.n_kinds, self.most_kinds + 1))

    def _hardships(self, number: int) -> dict[str, Any]:
        n_clutter = int(self._rng(number, _CLUTTER).integers(0, self.most_clutter + 1))
        wanted = {"touching": self.touching, "covered": self.covered, "n_clutter": n_clutter}
        known = inspect.signature(make_scene).parameters
        return {name: value for name, value in wanted.items() if name in known}

    def _rng(self, number: int, purpose: int) -> np.random.Generator:
        return np.random.default_rng((self.seed + number, purpose))


def kinds_from_text(text: str) -> tuple[int, int | None]:
    """Read ``3`` or ``2-4``: how many kinds at least, and at most where that differs.

    Raises:
        InvalidInputError: It is neither.
    """
    least, dash, most = text.partition("-")
    if not least.strip().isdecimal() or (dash and not most.strip().isdecimal()):
        raise InvalidInputError(f"kinds are given as 3 or as 2-4, not {text!r}")
    return int(least), int(most) if dash else None


def choice_from_text(choices: type[Choice], text: str) -> Choice:
    """Read one of a few words.

    Raises:
        InvalidInputError: It is none of them.
    """
    try:
        return choices(text)
    except ValueError as error:
        raise InvalidInputError(f"{text!r} is none of {', '.join(choices)}") from error
