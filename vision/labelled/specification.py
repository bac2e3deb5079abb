"""One text that names a set of labelled photographs and says how to take it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sorter.errors import InvalidInputError
from vision.labelled.classes import ClassMap
from vision.labelled.coco import CocoLabels, coco_document
from vision.labelled.photographs import LabelFormat, LabelledPhotographs, Part
from vision.labelled.voc import VocLabels
from vision.labelled.yolo import YoloLabels, names_from_yaml, yolo_folders, yolo_names

_VALUED = ("container", "first", "ignore", "images", "item", "labels", "last", "names", "window")
_FLAG = "skip_bad"


@dataclass(frozen=True, slots=True)
class PhotographSpec:
    """``FORMAT:FOLDER``, and any of the options below, each after a colon.

    ``first=0.8`` or ``last=0.2`` takes a part by file name; ``first=0.8:last=0.1`` takes the last
    tenth of the first four fifths. ``item=``, ``container=`` and
    ``ignore=`` give classes their meaning, by names or numbers with commas between; what is not
    named is an item, unless ``item=`` is given. ``window=0.4`` learns from windows of that share
    of the picture's sides. ``images=``, ``labels=`` and ``names=`` are paths below the folder,
    where they cannot be guessed. ``skip_bad`` leaves out photographs that cannot be used.

    Attributes:
        format: ``coco``, ``voc`` or ``yolo``.
        folder: For ``coco``, it may be the JSON file, too.
        window: Share of a picture's sides that is looked at as a whole, above 0 and up to 1.
    """

    format: str
    folder: Path
    parts: tuple[Part, ...] = ()
    window: float = 1.0
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    skip_bad: bool = False

    def __post_init__(self) -> None:
        if self.format not in _FORMATS:
            raise InvalidInputError(f"no such format: {self.format}; known: {', '.join(_FORMATS)}")
        if not 0 < self.window <= 1:
            raise InvalidInputError(f"window lies above 0 and up to 1, not {self.window}")

    @property
    def title(self) -> str:
        """What the set is, for a model card: without the path of this machine."""
        words = [self.format, self.folder.resolve().name]
        words += [f"{'last' if p.is_last else 'first'} {p.share:g}" for p in self.parts]
        words += [f"{meaning} {'/'.join(names)}" for meaning, names in self.classes.items()]
        words += [f"windows of {self.window:g}"] if self.window < 1 else []
        return ", ".join(words)

    def open(self) -> LabelledPhotographs:
        """Read and check the photographs.

        Raises:
            InvalidInputError: Says what is wrong with which file.
        """
        source, names = _FORMATS[self.format](self.folder, self.places)
        classes = ClassMap(names, **self.classes)
        return LabelledPhotographs(source, classes, self.parts, self.skip_bad)


def spec_from_text(text: str) -> PhotographSpec:
    """Read a specification as :class:`PhotographSpec` describes it.

    Raises:
        InvalidInputError: Says which part is not understood.
    """
    head, *tail = text.split(":")
    if not tail:
        raise InvalidInputError(f"{text}: expected FORMAT:FOLDER, such as yolo:photographs")
    given = [_option(part) for part in tail[1:]]
    options = dict(given)
    if len(options) < len(given):
        raise InvalidInputError(f"{text}: an option is given twice")
    meanings = (("items", "item"), ("containers", "container"), ("ignored", "ignore"))
    return PhotographSpec(
        head,
        Path(tail[0]),
        tuple(Part(_share(options[n]), n == "last") for n in options if n in ("first", "last")),
        _share(options.get("window", "1")),
        {m: tuple(options[name].split(",")) for m, name in meanings if name in options},
        {name: options[name] for name in ("images", "labels", "names") if name in options},
        _FLAG in options,
    )


def _option(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    if text != _FLAG and not (name in _VALUED and value):
        raise InvalidInputError(f"not an option of photographs: {text}")
    return name, value


def _share(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise InvalidInputError(f"not a share: {text}") from error


def _coco(folder: Path, places: Mapping[str, str]) -> _Opened:
    root = folder.parent if folder.is_file() else folder
    document = root / places["labels"] if "labels" in places else coco_document(folder)
    labels = CocoLabels(document, root / places["images"] if "images" in places else None)
    return labels, labels.names


def _voc(folder: Path, places: Mapping[str, str]) -> _Opened:
    images = folder / places.get("images", "JPEGImages")
    return VocLabels(images, folder / places.get("labels", "Annotations")), {}


def _yolo(folder: Path, places: Mapping[str, str]) -> _Opened:
    if "images" in places and "labels" in places:
        images, labels = folder / places["images"], folder / places["labels"]
    else:
        images, labels = yolo_folders(folder)
    names = names_from_yaml(folder / places["names"]) if "names" in places else yolo_names(folder)
    return YoloLabels(images, labels), dict(enumerate(names))


_Opened = tuple[LabelFormat, Mapping[int, str]]
_FORMATS: Mapping[str, Callable[[Path, Mapping[str, str]], _Opened]] = {
    "coco": _coco,
    "voc": _voc,
    "yolo": _yolo,
}
