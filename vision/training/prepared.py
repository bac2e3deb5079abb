"""Pictures made small once and kept on disk, so that every epoch after the first costs nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray
from torch.utils.data import DataLoader, Dataset

from sorter.errors import InvalidInputError
from sorter.types import BoxArray, LabelArray
from vision.embedder import longest_side_rgb
from vision.networks import resized_rgb
from vision.package import write_atomically
from vision.ports import CropDataset, DetectionDataset, RgbImage

_SHARD = 128
SMALLEST_SIDE_PX = 2.0  # at the net's input; what is smaller cannot be told from dirt

Labelled = tuple[RgbImage, BoxArray, LabelArray]
"""A picture, its boxes and their labels; a crop has one box, which fills it."""

Report = Callable[[int], None]
"""Is told how many pictures are done."""


class Readable(Protocol):
    """Whatever gives labelled pictures by number."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Labelled:
        """Return one labelled picture."""
        ...


class PreparedViews:
    """The labelled pictures of a folder that :func:`prepare` filled, read as they are asked for."""

    def __init__(self, folder: Path, n_pictures: int) -> None:
        self._n_pictures = n_pictures
        paths = [_shard(folder, start) for start in range(0, n_pictures, _SHARD)]
        # Mapped into memory: pixels are read from disk when they are asked for.
        files: list[Any] = [safetensors.safe_open(path, framework="np") for path in paths]
        self._pixels = [file.get_slice("pixels") for file in files]
        self._tables = [
            {name: file.get_tensor(name) for name in ("starts", "sizes", "rows", "boxes", "labels")}
            for file in files
        ]

    def __len__(self) -> int:
        return self._n_pictures

    def __getitem__(self, index: int) -> Labelled:
        if not 0 <= index < self._n_pictures:
            raise IndexError(index)
        shard, n = divmod(index, _SHARD)
        table = self._tables[shard]
        height, width = table["sizes"][n]
        rows = slice(table["rows"][n], table["rows"][n + 1])
        pixels = self._pixels[shard][int(table["starts"][n]) : int(table["starts"][n + 1])]
        return pixels.reshape(height, width, 3), table["boxes"][rows], table["labels"][rows]


class PreparedCrops:
    """The crops of a folder that :func:`prepare` filled; itself a ``CropDataset``."""

    def __init__(self, pictures: PreparedViews, kinds: Sequence[str]) -> None:
        self._pictures = pictures
        self.kinds = tuple(kinds)

    def __len__(self) -> int:
        return len(self._pictures)

    def __getitem__(self, index: int) -> tuple[RgbImage, int]:
        crop, _, labels = self._pictures[index]
        return crop, int(labels[0])


class SmallViews:
    """Views made the size of the net's input, boxes with them; what gets too small is left out."""

    def __init__(self, dataset: DetectionDataset, size_px: tuple[int, int]) -> None:
        self._dataset = dataset
        self._size_px = size_px

    def __len__(self) -> int:
        return len(self._dataset)

    def __getitem__(self, index: int) -> Labelled:
        image, boxes, labels = self._dataset[index]
        height, width = image.shape[:2]
        scale = np.array([self._size_px[0] / width, self._size_px[1] / height] * 2, np.float32)
        small = boxes * scale
        is_seen = ((small[:, 2:] - small[:, :2]) >= SMALLEST_SIDE_PX).all(axis=1)
        return resized_rgb(image, self._size_px), small[is_seen], labels[is_seen]


class KeptPhotographs:
    """Photographs no larger than is of use when parts of them are looked at; proportions stay."""

    def __init__(self, dataset: DetectionDataset, most_px: tuple[int, int]) -> None:
        self._dataset = dataset
        self._most_px = most_px

    def __len__(self) -> int:
        return len(self._dataset)

    def __getitem__(self, index: int) -> Labelled:
        image, boxes, labels = self._dataset[index]
        height, width = image.shape[:2]
        scale = max(self._most_px[0] / width, self._most_px[1] / height)
        if scale >= 1:
            return image, boxes, labels
        size_px = (max(1, round(width * scale)), max(1, round(height * scale)))
        factors = np.array([size_px[0] / width, size_px[1] / height] * 2, np.float32)
        return resized_rgb(image, size_px), boxes * factors, labels


class SmallCrops:
    """Crops made as large as the net can use, their proportions kept."""

    def __init__(self, dataset: CropDataset, side_px: int) -> None:
        self._dataset = dataset
        self._side_px = side_px

    def __len__(self) -> int:
        return len(self._dataset)

    def __getitem__(self, index: int) -> Labelled:
        crop, kind = self._dataset[index]
        small = longest_side_rgb(crop, self._side_px)
        box = np.array([[0, 0, small.shape[1], small.shape[0]]], np.float32)
        return small, box, np.array([kind], np.int64)


def prepare(
    pictures: Readable, name: str, folder: Path, workers: int = 0, report: Report | None = None
) -> PreparedViews:
    """Write all pictures into files of the folder, unless they are there.

    Killed and called again, it goes on where it stopped.

    Args:
        pictures: :class:`SmallViews`, :class:`KeptPhotographs` or :class:`SmallCrops`.
        name: Says which pictures these are; a folder serves one name.
        folder: Made if missing.
        workers: Processes that read ``pictures`` beside this one.
        report: Is told how many are done.

    Raises:
        InvalidInputError: The folder holds pictures of another name or number.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _claim(folder, {"name": name, "pictures": len(pictures)})
    starts = range(0, len(pictures), _SHARD)
    missing = [start for start in starts if not _shard(folder, start).exists()]
    indices = [i for start in missing for i in range(start, min(start + _SHARD, len(pictures)))]
    loader = DataLoader(
        _Chosen(pictures, indices),
        batch_size=None,
        num_workers=workers,
        collate_fn=_as_it_is,
        multiprocessing_context="spawn" if workers else None,
    )
    held: list[Labelled] = []
    for index, picture in zip(indices, loader, strict=True):
        held.append(picture)
        if report:
            report(index + 1)
        if len(held) == _SHARD or index + 1 == len(pictures):
            _save_shard(_shard(folder, missing.pop(0)), held)
            held = []
    return PreparedViews(folder, len(pictures))


class _Chosen(Dataset[Labelled]):
    def __init__(self, pictures: Readable, indices: Sequence[int]) -> None:
        self._pictures = pictures
        self._indices = indices

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, index: int) -> Labelled:
        return self._pictures[self._indices[index]]


def _as_it_is(picture: Any) -> Any:
    return picture


def _shard(folder: Path, start: int) -> Path:
    return folder / f"pictures-{start:06d}.safetensors"


def _save_shard(path: Path, held: Sequence[Labelled]) -> None:
    arrays: dict[str, NDArray[Any]] = {
        "pixels": np.concatenate([image.reshape(-1) for image, _, _ in held]),
        "starts": _starts([image.size for image, _, _ in held]),
        "sizes": np.array([image.shape[:2] for image, _, _ in held], np.int64),
        "rows": _starts([len(labels) for _, _, labels in held]),
        "boxes": np.concatenate([boxes for _, boxes, _ in held]).astype(np.float32),
        "labels": np.concatenate([labels for _, _, labels in held]).astype(np.int64),
    }
    write_atomically(path, safetensors.numpy.save(arrays))


def _starts(lengths: Sequence[int]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _claim(folder: Path, claim: dict[str, Any]) -> None:
    path = folder / "pictures.json"
    if not path.exists():
        write_atomically(path, json.dumps(claim).encode())
    found = json.loads(path.read_text())
    if found != claim:
        raise InvalidInputError(f"{folder} holds other pictures: {found}, not {claim}")
