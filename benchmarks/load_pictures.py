"""Pictures of many bytes and few pixels: all is done with them but to look at them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

SIDES_PX = (64, 48)
THING_RGB = (100, 60, 20)
"""What the stand-in networks take for an item."""


def save_heavy_pictures(folder: Path, n: int, n_bytes: int, seed: int = 0) -> list[Path]:
    """Write ``n`` different PNG files of ``n_bytes`` each, which show one item.

    The picture is followed by bytes that no decoder reads, so that they cost what bytes cost: to
    be sent, hashed, stored and read again.
    """
    rng = np.random.default_rng(seed)
    files = []
    for number in range(n):
        rgb = np.zeros((SIDES_PX[1], SIDES_PX[0], 3), np.uint8)
        rgb[20:33, 24:37] = THING_RGB
        rgb[0, 1] = number  # flat black but for one pixel that no network takes for a thing
        buffer = io.BytesIO()
        Image.fromarray(rgb).save(buffer, "PNG")
        data = buffer.getvalue()
        files.append(folder / f"{number:03}.png")
        files[-1].write_bytes(data + rng.bytes(max(0, n_bytes - len(data))))
    return files
