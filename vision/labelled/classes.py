"""What the classes of somebody's labels mean here: item, container, or nothing that counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sorter.errors import InvalidInputError
from sorter.types import Label
from vision.ports import IGNORED


@dataclass(frozen=True, slots=True)
class ClassMap:
    """Gives the label of a class, which may be named or numbered.

    Attributes:
        names: The classes by their numbers; empty where labels bear names.
        items: Classes that are items; where empty, all that nothing else is said of.
        containers: Classes that are containers.
        ignored: Classes that count neither as found nor as false.
    """

    names: Mapping[int, str] = field(default_factory=dict)
    items: tuple[str, ...] = ()
    containers: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    _labels: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        labels: dict[str, int] = {}
        said = (
            (int(Label.ITEM), self.items),
            (int(Label.CONTAINER), self.containers),
            (IGNORED, self.ignored),
        )
        for label, classes in said:
            for name in self._named(classes):
                if labels.setdefault(name, label) != label:
                    raise InvalidInputError(f"class {name} is given two meanings")
        object.__setattr__(self, "_labels", labels)

    def label_of(self, name_or_number: str) -> int:
        """Return 0 for an item, 1 for a container, -1 for what is ignored.

        Raises:
            InvalidInputError: The class is not one of ``names``, or no meaning is said for it.
        """
        name = next(iter(self._named((name_or_number,))))
        if name in self._labels:
            return self._labels[name]
        if self.items:
            raise InvalidInputError(f"class {name} is neither item, container nor ignored")
        return int(Label.ITEM)

    def name_of(self, name_or_number: str) -> str:
        """Return the name of a class; what has no known name keeps what it is called by."""
        return self._name(name_or_number)

    def _named(self, classes: Iterable[str]) -> list[str]:
        return [self._name(text) for text in classes]

    def _name(self, text: str) -> str:
        if not self.names or text in self.names.values():
            return text
        if text.isdecimal() and int(text) in self.names:
            return self.names[int(text)]
        raise InvalidInputError(f"class {text} is not one of the {len(self.names)} known")
