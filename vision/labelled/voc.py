"""Pascal VOC labels: an XML file a picture, boxes in pixels."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from sorter.errors import InvalidInputError
from vision.labelled.photographs import Outline, photographs_in, read_text

_EDGES = ("xmin", "ymin", "xmax", "ymax")


class VocLabels:
    """Folders ``JPEGImages`` and ``Annotations``, or two others; ``name.xml`` labels ``name.jpg``.

    Edges are taken as positions in the picture; the format's own count of pixels from 1 on is
    half a pixel off, which is less than what labels are drawn to.
    """

    def __init__(self, images: Path, annotations: Path) -> None:
        self._images = images
        self._annotations = annotations

    def photographs(self) -> list[Path]:
        return photographs_in(self._images)

    def outlines(self, photograph: Path, width_px: int, height_px: int) -> list[Outline]:
        path = self._annotations / f"{photograph.stem}.xml"
        root = _read_xml(path)
        try:
            _check_size(root, width_px, height_px)
            return [_outline(thing) for thing in root.iter("object")]
        except ValueError as error:
            raise InvalidInputError(f"{path}: {error}") from error


def _read_xml(path: Path) -> ET.Element:
    text = read_text(path)
    if "<!ENTITY" in text:
        raise InvalidInputError(f"{path}: defines entities, which labels have no need of")
    try:
        return ET.fromstring(text)  # noqa: S314 - no entities, see above
    except ET.ParseError as error:
        raise InvalidInputError(f"{path}: not XML: {error}") from error


def _check_size(root: ET.Element, width_px: int, height_px: int) -> None:
    size = root.find("size")
    if size is None:
        return
    told = (_number(size, "width"), _number(size, "height"))
    if all(told) and told != (width_px, height_px):  # some tools write 0 for "not known"
        raise ValueError(f"was drawn on {told[0]:g} x {told[1]:g} pixels, not this picture")


def _outline(thing: ET.Element) -> Outline:
    name, box = thing.findtext("name"), thing.find("bndbox")
    if not name or box is None:
        raise ValueError("an object without name or bndbox")
    x_min, y_min, x_max, y_max = (_number(box, edge) for edge in _EDGES)
    return Outline(name.strip(), x_min, y_min, x_max, y_max)


def _number(element: ET.Element, tag: str) -> float:
    text = element.findtext(tag)
    if text is None:
        raise ValueError(f"{element.tag} without {tag}")
    return float(text)
