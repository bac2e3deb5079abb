"""A virtual table as the networks saw it, beside what was truly there, kept in a file."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sorter.errors import InvalidInputError
from sorter.types import (
    BoxArray,
    Crop,
    Detections,
    FloatArray,
    ImageSize,
    LabelArray,
    Photograph,
)


@dataclass(frozen=True, slots=True, eq=False)
class PictureTruth:
    """What one picture truly shows, one row a visible thing; as in :class:`robot.camera.Photo`.

    Attributes:
        xyxy_px: ``(n, 4)`` float32, pixels of the picture.
        labels: ``(n,)`` int64, values of :class:`sorter.types.Label`.
        indices: ``(n,)`` int64, the thing's number among the scene's items or containers.
    """

    xyxy_px: BoxArray
    labels: LabelArray
    indices: LabelArray


class RememberedCrops:
    """Answers for crops that were embedded before: every detection of a scene."""

    def __init__(self, embeddings: Mapping[Crop, FloatArray]) -> None:
        self._embeddings = embeddings

    def embed_crops(self, crops: Sequence[Crop]) -> FloatArray:
        """As :class:`sorter.ports.CropEmbedder` says.

        Raises:
            InvalidInputError: A crop is no detection's box.
        """
        unknown = [crop for crop in crops if crop not in self._embeddings]
        if unknown:
            raise InvalidInputError(f"not the box of any detection of the scene: {unknown[0]}")
        width = len(next(iter(self._embeddings.values()), ()))
        rows = [self._embeddings[crop] for crop in crops]
        return np.array(rows, np.float32).reshape(len(crops), width)


@dataclass(frozen=True, slots=True, eq=False)
class SeenScene:
    """What the networks made of a table's photographs.

    Attributes:
        photographs: With their detections, in the order in which they were taken.
        truths: What each photograph truly shows, in the same order.
        embeddings: For each photograph ``(n, d)`` float32, one row a detection, not normalised.
    """

    photographs: tuple[Photograph, ...]
    truths: tuple[PictureTruth, ...]
    embeddings: tuple[FloatArray, ...]

    @property
    def crops(self) -> RememberedCrops:
        """Return what answers for the embedder when the decisions ask."""
        return RememberedCrops(
            {
                crop: values
                for photograph, rows in zip(self.photographs, self.embeddings, strict=True)
                for crop, values in zip(crops_of(photograph), rows, strict=True)
            }
        )


def crops_of(photograph: Photograph) -> list[Crop]:
    """Return the crop of each detection, in the order of its rows."""
    return [
        Crop(photograph.image_id, (float(x1), float(y1), float(x2), float(y2)))
        for x1, y1, x2, y2 in photograph.detections.xyxy_px
    ]


def save_seen(file: Path, seen: SeenScene) -> None:
    """Write a scene; whoever reads at the same time finds the whole of it or nothing."""
    heads = []
    arrays: dict[str, NDArray[Any]] = {}
    for number, (photograph, truth, embeddings) in enumerate(
        zip(seen.photographs, seen.truths, seen.embeddings, strict=True)
    ):
        size = photograph.size
        heads.append([photograph.image_id, photograph.position_pw, size.width_px, size.height_px])
        found = photograph.detections
        columns: dict[str, NDArray[Any]] = {
            "boxes": found.xyxy_px, "labels": found.labels, "scores": found.scores,
            "embeddings": embeddings, "true_boxes": truth.xyxy_px,
            "true_labels": truth.labels, "true_indices": truth.indices,
        }  # fmt: skip
        arrays |= {f"{name}_{number}": column for name, column in columns.items()}
    arrays["heads"] = np.frombuffer(json.dumps(heads).encode(), np.uint8)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    unfinished = file.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(buffer.getvalue())
    unfinished.replace(file)


def load_seen(file: Path) -> SeenScene:
    """Read what :func:`save_seen` wrote."""
    with np.load(file, allow_pickle=False) as arrays:
        heads = json.loads(arrays["heads"].tobytes())
        columns = {name: arrays[name] for name in arrays.files}
    numbers = range(len(heads))
    return SeenScene(
        tuple(_photograph(head, columns, number) for number, head in enumerate(heads)),
        tuple(
            PictureTruth(
                columns[f"true_boxes_{number}"],
                columns[f"true_labels_{number}"],
                columns[f"true_indices_{number}"],
            )
            for number in numbers
        ),
        tuple(columns[f"embeddings_{number}"] for number in numbers),
    )


def _photograph(head: list[Any], columns: Mapping[str, NDArray[Any]], number: int) -> Photograph:
    image_id, position_pw, width_px, height_px = head
    names = ("boxes", "labels", "scores")
    detections = Detections(*(columns[f"{name}_{number}"] for name in names))
    return Photograph(image_id, position_pw, ImageSize(width_px, height_px), detections)
