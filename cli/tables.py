"""Virtual tables by number, so that any command can lay again what another one has met."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from robot.arm import VirtualArm
from robot.kinds import KINDS
from robot.table import Scene
from robot.table_layout import make_scene
from sorter.errors import InvalidInputError

MAX_ITEMS = 150
MAX_CONTAINERS = 20
"""Far more than any table has room for; laying more would only be a long search in vain."""


@dataclass(frozen=True, slots=True)
class TableSettings:
    """What the tables are to hold; the table of a number is the same in every run.

    Attributes:
        seed: Of table 0; table ``n`` is the table 0 of seed ``seed + n``.
        n_items: That lie free on the table.
        n_contained: That lie in the containers already, and must stay there.
    """

    seed: int = 0
    n_items: int = 12
    n_kinds: int = 3
    n_containers: int = 3
    n_contained: int = 2

    def __post_init__(self) -> None:
        if not 1 <= self.n_kinds <= len(KINDS):
            raise InvalidInputError(f"there are 1 to {len(KINDS)} kinds, not {self.n_kinds}")
        if min(self.seed, self.n_items, self.n_containers, self.n_contained) < 0:
            raise InvalidInputError("seed, items and containers cannot lie below 0")
        if self.n_items + self.n_contained > MAX_ITEMS or self.n_containers > MAX_CONTAINERS:
            raise InvalidInputError(
                f"{self.n_items + self.n_contained} items and {self.n_containers} containers find "
                "no room on the table"
            )

    def lay(self, number: int) -> Scene:
        """Lay one table.

        Raises:
            InvalidInputError: So much has no room on it.
        """
        rng = np.random.default_rng(self.seed + number)
        n_contained = self.n_contained if self.n_containers else 0
        return make_scene(
            rng,
            n_items=self.n_items + n_contained,
            kinds=[str(kind) for kind in rng.choice(sorted(KINDS), self.n_kinds, replace=False)],
            n_containers=self.n_containers,
            n_contained=n_contained,
        )

    def stand_at(self, number: int, arm_id: str) -> VirtualArm:
        """Return an arm at one table; its hand trembles the same way each time."""
        rng = np.random.default_rng((self.seed + number, 1))
        return VirtualArm(arm_id, self.lay(number), rng)
