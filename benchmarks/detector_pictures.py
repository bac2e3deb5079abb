"""Photographs of virtual tables as a robot would post them, for measuring speed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, cycle, islice

import cv2
import numpy as np

from cli.tables import TableSettings
from robot.arm import POSITIONS_PW
from robot.camera import encode_jpeg
from robot.table_layout import CAMERA
from sorter.types import ImageSize
from vision.decode import decode_rgb

MOST_DIFFERENT = 5
"""Drawing takes longer than detecting, and neither depends on what was seen before."""


def make_pictures(n: int, size: ImageSize, seed: int = 0) -> list[bytes]:
    """Return ``n`` JPEG pictures of that size, the same for the same seed.

    The first ``MOST_DIFFERENT`` are of different tables and places, and then they begin again.
    """
    taken = islice(_photographs(TableSettings(seed)), min(n, MOST_DIFFERENT))
    return list(islice(cycle([_of_size(data, size) for data in taken]), n))


def _photographs(tables: TableSettings) -> Iterator[bytes]:
    for number in count():
        arm = tables.stand_at(number, "ARM001")
        yield from (arm.photograph(position_pw) for position_pw in POSITIONS_PW)


def _of_size(data: bytes, size: ImageSize) -> bytes:
    if size == CAMERA:
        return data
    rgb = cv2.resize(
        decode_rgb(data), (size.width_px, size.height_px), interpolation=cv2.INTER_AREA
    )
    return encode_jpeg(np.asarray(rgb, np.uint8))
