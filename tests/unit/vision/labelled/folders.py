"""Folders of labelled photographs, written for one test."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

WIDTH_PX, HEIGHT_PX = 40, 20

VOC_OBJECT = (
    "<object><name>{}</name><bndbox><xmin>{}</xmin><ymin>{}</ymin>"
    "<xmax>{}</xmax><ymax>{}</ymax></bndbox></object>"
)


def write_picture(path: Path, seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    Image.fromarray(rng.integers(0, 255, (HEIGHT_PX, WIDTH_PX, 3), np.uint8)).save(path)


def write_yolo(root: Path, labels: Mapping[str, str], names: str = "names: [bolt, tray]") -> Path:
    """Write a picture and a file of labels for every name given."""
    (root / "labels").mkdir(parents=True, exist_ok=True)
    (root / "data.yaml").write_text(names + "\n")
    for number, (name, text) in enumerate(labels.items()):
        write_picture(root / "images" / f"{name}.png", number)
        (root / "labels" / f"{name}.txt").write_text(text)
    return root


def write_voc(root: Path, labels: Mapping[str, str]) -> Path:
    """Write a picture and an annotation for every name given, from the XML inside it."""
    (root / "Annotations").mkdir(parents=True, exist_ok=True)
    for number, (name, text) in enumerate(labels.items()):
        write_picture(root / "JPEGImages" / f"{name}.jpg", number)
        document = f"<annotation>{text}</annotation>"
        (root / "Annotations" / f"{name}.xml").write_text(document)
    return root


def write_coco(
    root: Path,
    labels: Mapping[str, Sequence[Mapping[str, Any]]],
    categories: Mapping[int, str] | None = None,
    document: str = "labels.json",
) -> Path:
    """Write a picture for every name given, and one document with the annotations of all."""
    images = [
        {"id": 10 + n, "file_name": f"{name}.png", "width": WIDTH_PX, "height": HEIGHT_PX}
        for n, name in enumerate(labels)
    ]
    rows = [
        {"image_id": image["id"], **row}
        for image, things in zip(images, labels.values(), strict=True)
        for row in things
    ]
    for n, name in enumerate(labels):
        write_picture(root / "images" / f"{name}.png", n)
    named = [{"id": n, "name": name} for n, name in (categories or {1: "bolt", 5: "tray"}).items()]
    content = {
        "images": images,
        "annotations": [{"id": n, **row} for n, row in enumerate(rows)],
        "categories": named,
    }
    (root / document).parent.mkdir(parents=True, exist_ok=True)
    (root / document).write_text(json.dumps(content))
    return root
