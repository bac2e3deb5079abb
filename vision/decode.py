"""Bytes of a picture to pixels."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from sorter.errors import InvalidInputError
from vision.fitting import SizePx
from vision.ports import RgbImage

DEFAULT_MAX_PIXELS = 50_000_000


def decode_rgb(
    data: bytes, max_pixels: int = DEFAULT_MAX_PIXELS, enough_px: SizePx | None = None
) -> RgbImage:
    """Decode a JPEG or PNG picture.

    No EXIF rotation is applied: the camera is fixed to the arm, and the formulas of its frame
    hold for the pixels as the sensor gave them. Transparency is laid on black.

    Args:
        data: The file's bytes.
        max_pixels: Of the whole picture.
        enough_px: Width and height. A JPEG of twice as many pixels a side is decoded at a half,
            a quarter or an eighth, whatever is still enough, for half of the work: its blocks
            are transformed to fewer pixels each. Without it, whole.

    Returns:
        ``(height, width, 3)`` uint8, RGB.

    Raises:
        InvalidInputError: Not a JPEG or PNG, damaged, cut short, or of more than ``max_pixels``
            (told from the header, before any pixel is decoded).
    """
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as picture:
            if picture.width * picture.height > max_pixels:
                raise InvalidInputError(
                    f"a picture of {picture.width} x {picture.height} pixels is over the limit "
                    f"of {max_pixels}"
                )
            if enough_px is not None:
                picture.draft(None, enough_px)
            return np.array(_on_black(picture).convert("RGB"))
    except Image.DecompressionBombError as error:
        raise InvalidInputError(f"over the limit of {max_pixels} pixels: {error}") from error
    except (OSError, SyntaxError, ValueError) as error:  # all that Pillow raises on bad bytes
        raise InvalidInputError(f"not a readable JPEG or PNG: {error}") from error


def size_of_picture(data: bytes) -> SizePx:
    """Return the width and height that a picture's header tells.

    Raises:
        InvalidInputError: It is no JPEG or PNG.
    """
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as picture:
            return picture.size
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InvalidInputError(f"not a readable JPEG or PNG: {error}") from error


def _on_black(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture
    layered = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layered.size, (0, 0, 0, 255)), layered)
