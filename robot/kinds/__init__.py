"""The kinds of things that lie on the virtual table, each drawn by procedure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from robot.kinds.canvas import Kind, Sprite
from robot.kinds.electronics import ELECTRONICS
from robot.kinds.fasteners import FASTENERS
from robot.kinds.household import HOUSEHOLD
from robot.kinds.toys import TOYS

KINDS: Mapping[str, Kind] = MappingProxyType(
    {kind.name: kind for kind in (*FASTENERS, *ELECTRONICS, *HOUSEHOLD, *TOYS)}
)
"""Every kind by its name, in a fixed order."""

__all__ = ["KINDS", "Kind", "Sprite"]
