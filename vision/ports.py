"""What a network must do to be used here, and what a dataset must do to train one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sorter.errors import TransientError
from sorter.types import BoxArray, Detections, FloatArray, LabelArray

RgbImage = NDArray[np.uint8]
"""``(height, width, 3)`` uint8, RGB."""

IGNORED = -1
"""The label of a region where a detection counts neither as right nor as false."""


class OutOfMemoryError(TransientError):
    """The device had no room for so many pictures at once; fewer may pass."""


class DeviceLostError(TransientError):
    """The device answers nothing any more, whatever it is asked; only a new process reaches it."""


class Detector(Protocol):
    """Finds items and containers."""

    @property
    def version(self) -> str:
        """Name and version of the model package, as ``name@version``."""
        ...

    @property
    def input_size_px(self) -> tuple[int, int]:
        """Width and height at which the network sees a picture; more pixels tell it nothing."""
        ...

    def detect(self, images_rgb: Sequence[RgbImage]) -> list[Detections]:
        """Return the detections of each picture, in the order given, sorted by falling score.

        Boxes are in the pixels of the picture that was handed in, clipped to it. Pictures may
        be of many sizes. A picture's answer does not depend on its neighbours in the batch.

        Raises:
            OutOfMemoryError: The device's memory does not hold what these pictures need.
            DeviceLostError: The device failed in a way that outlasts this call.
        """
        ...


class Embedder(Protocol):
    """Turns what a thing looks like into numbers that lie close for alike things."""

    @property
    def version(self) -> str:
        """Name and version of the model package, as ``name@version``."""
        ...

    def embed(self, crops_rgb: Sequence[RgbImage]) -> FloatArray:
        """Return ``(n, d)`` float32, one row a crop in the order given, not normalised."""
        ...


class DetectionDataset(Protocol):
    """Labelled pictures. Reading one index twice gives the same picture."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> tuple[RgbImage, BoxArray, LabelArray]:
        """Return a picture, its boxes ``(n, 4)`` xyxy pixels, and their labels ``(n,)``.

        A label is that of an item or container, or ``IGNORED``.
        """
        ...


class CropDataset(Protocol):
    """Crops of single things, each with the number of its kind."""

    @property
    def kinds(self) -> Sequence[str]:
        """The names of the kinds; a crop's number points in here."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> tuple[RgbImage, int]:
        """Return a crop and the number of its kind."""
        ...
