"""The kinds of things that lie on the virtual table, each drawn by procedure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from robot.kinds.canvas import Kind, Sprite
from robot.kinds.clips import CLIPS
from robot.kinds.clutter import CLUTTER_KINDS
from robot.kinds.electronics import ELECTRONICS
from robot.kinds.fasteners import FASTENERS
from robot.kinds.finds import FINDS
from robot.kinds.gadgets import GADGETS
from robot.kinds.glassware import GLASSWARE
from robot.kinds.household import HOUSEHOLD
from robot.kinds.made_up import made_up_kind, made_up_number
from robot.kinds.oddments import ODDMENTS
from robot.kinds.papers import PAPERS
from robot.kinds.pastimes import PASTIMES
from robot.kinds.tools import TOOLS
from robot.kinds.toys import TOYS
from sorter.errors import InvalidInputError

_SETS = (
    FASTENERS,
    ELECTRONICS,
    HOUSEHOLD,
    TOYS,
    TOOLS,
    GLASSWARE,
    FINDS,
    PAPERS,
    GADGETS,
    CLIPS,
    PASTIMES,
    ODDMENTS,
)

KINDS: Mapping[str, Kind] = MappingProxyType({kind.name: kind for one in _SETS for kind in one})
"""Every kind of item by its name, in a fixed order."""

CLUTTER: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in CLUTTER_KINDS})
"""What lies flat on a table and is neither item nor container, by name; none is in ``KINDS``."""

HELD_OUT_KINDS: frozenset[str] = frozenset(
    {
        "comb",
        "drill_bit",
        "felt_heart",
        "glass_pebble",
        "hinge",
        "jack_plug",
        "leaf",
        "light_bulb",
        "padlock",
        "peanut",
        "tea_bag",
        "tea_light",
        "thread_spool",
        "toy_car",
        "whistle",
        "wooden_star",
    }
)
"""Kinds that no model is ever trained on, so that sorting the unknown can be measured."""

TRAINING_KINDS: tuple[str, ...] = tuple(name for name in KINDS if name not in HELD_OUT_KINDS)
"""The names of all other kinds of items, in the order of ``KINDS``."""


def kind_named(name: str) -> Kind:
    """Return the kind of item, of clutter, or the made-up kind of that name.

    Raises:
        InvalidInputError: Nothing is called that.
    """
    number = made_up_number(name)
    kind = KINDS.get(name) or CLUTTER.get(name)
    if number is not None:
        kind = made_up_kind(number)
    if kind is None:
        raise InvalidInputError(f"no kind of thing is called {name!r}")
    return kind


__all__ = [
    "CLUTTER",
    "HELD_OUT_KINDS",
    "KINDS",
    "TRAINING_KINDS",
    "Kind",
    "Sprite",
    "kind_named",
]
