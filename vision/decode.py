"""Bytes of a picture to pixels."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, JpegImagePlugin, PngImagePlugin

from sorter.errors import InvalidInputError
from vision.fitting import SizePx
from vision.ports import RgbImage

DEFAULT_MAX_PIXELS = 50_000_000

_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_PILLOW_ERRORS = (OSError, SyntaxError, ValueError)
"""All that Pillow raises on bad bytes."""


def decode_rgb(
    data: bytes, max_pixels: int = DEFAULT_MAX_PIXELS, enough_px: SizePx | None = None
) -> RgbImage:
    """Decode a JPEG or PNG picture.

    No EXIF rotation is applied: the camera is fixed to the arm, and the formulas of its frame
    hold for the pixels as the sensor gave them. Transparency is laid on black, of 16 bits a
    channel the upper 8 are kept, colour profiles are not applied, and of an animation or a file
    of several pictures the first counts.

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
        with _opened(data) as picture:
            if picture.width * picture.height > max_pixels:
                raise InvalidInputError(
                    f"a picture of {picture.width} x {picture.height} pixels is over the limit "
                    f"of {max_pixels}"
                )
            if enough_px is not None:
                picture.draft(None, enough_px)
            return np.array(_on_black(_eight_bits(picture)).convert("RGB"))
    except _PILLOW_ERRORS as error:
        raise InvalidInputError(f"not a readable JPEG or PNG: {error}") from error


def size_of_picture(data: bytes) -> SizePx:
    """Return the width and height that a picture's header tells.

    Raises:
        InvalidInputError: It is no JPEG or PNG.
    """
    try:
        with _opened(data) as picture:
            return picture.size
    except _PILLOW_ERRORS as error:
        raise InvalidInputError(f"not a readable JPEG or PNG: {error}") from error


def _opened(data: bytes) -> Image.Image:
    # The two readers by name, as the gateway has them: Image.open would look for further pictures
    # in a JPEG, and warn by itself.
    if data.startswith(_PNG_MAGIC):
        return PngImagePlugin.PngImageFile(io.BytesIO(data))
    return JpegImagePlugin.JpegImageFile(io.BytesIO(data))


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Keep the upper half of 16-bit greys, where Pillow would take all above 255 for white."""
    if not picture.mode.startswith("I"):
        return picture
    return Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))


def _on_black(picture: Image.Image) -> Image.Image:
    if not picture.has_transparency_data:
        return picture
    layered = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layered.size, (0, 0, 0, 255)), layered)
