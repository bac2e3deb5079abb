"""Crops of what is labelled on photographs, each with the name of its class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sorter.errors import InvalidInputError
from vision.crop import crop_rgb
from vision.labelled.photographs import LabelledPhotographs
from vision.ports import RgbImage


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a crop comes from: which set, which of its pictures, and what of it."""

    photographs: int
    picture: int
    xyxy_px: tuple[float, float, float, float]
    kind: int


class PhotographCrops:
    """A ``CropDataset`` over sets of photographs, cut out as a worker cuts them.

    Args:
        sets: Labelled photographs, and for each set the one kind that all of it counts as, or
            ``None``, where the classes of its labels are the kinds.

    Raises:
        InvalidInputError: Nothing is labelled.
    """

    def __init__(self, sets: Sequence[tuple[LabelledPhotographs, str | None]]) -> None:
        self._sets = [photographs for photographs, _ in sets]
        self._kinds: dict[str, int] = {}
        self._places: list[_Place] = []
        self._last: tuple[tuple[int, int], RgbImage] | None = None
        for number, (photographs, pool) in enumerate(sets):
            for picture in range(len(photographs)):
                self._add(number, picture, pool)
        if not self._places:
            raise InvalidInputError("nothing is labelled on these photographs")

    @property
    def kinds(self) -> Sequence[str]:
        """The kinds by number, in the order in which they are first met."""
        return tuple(self._kinds)

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> tuple[RgbImage, int]:
        """Return a crop and the number of its kind."""
        place = self._places[index]
        return crop_rgb(self._picture(place.photographs, place.picture), place.xyxy_px), place.kind

    def _add(self, number: int, picture: int, pool: str | None) -> None:
        boxes, classes = self._sets[number].classes_of(picture)
        for box, name in zip(boxes, classes, strict=True):
            kind = self._kinds.setdefault(pool or name, len(self._kinds))
            x_min, y_min, x_max, y_max = (float(edge) for edge in box)
            self._places.append(_Place(number, picture, (x_min, y_min, x_max, y_max), kind))

    def _picture(self, number: int, picture: int) -> RgbImage:
        """Return a photograph; the last one is kept, since crops are asked for in order."""
        if self._last is None or self._last[0] != (number, picture):
            self._last = ((number, picture), self._sets[number][picture][0])
        return self._last[1]
