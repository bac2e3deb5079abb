"""Pictures made small, for people to look at; networks never see them."""

from __future__ import annotations

import io

from PIL import Image, JpegImagePlugin, PngImagePlugin

from sorter.errors import InvalidInputError
from sorter.types import ImageSize

THUMBNAIL_WIDTH_PX = 640
"""Sharp on a phone's screen, and enough for a table of four pictures' width."""

JPEG_QUALITY = 82
BLANK_WIDTH_PX = 64
BLANK = (35, 41, 43)

_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_PILLOW_ERRORS = (OSError, SyntaxError, ValueError)
"""All that Pillow raises on bad bytes."""


def read_small(data: bytes, enough_px: tuple[int, int]) -> Image.Image:
    """Decode a JPEG or PNG at no more than is needed.

    A JPEG is decoded at a half, a quarter or an eighth of its sides where that is still enough,
    for a part of the work. As for the networks, no rotation is applied that the file speaks of.

    Args:
        enough_px: Width and height that the result must have, unless the picture has less.

    Returns:
        RGB, of the picture's proportions.

    Raises:
        InvalidInputError: The bytes are damaged.
    """
    try:
        with _opened(data) as picture:
            picture.draft("RGB", enough_px)
            return _plain(picture)
    except _PILLOW_ERRORS as error:
        raise InvalidInputError(f"not a readable JPEG or PNG: {error}") from error


def make_thumbnail(data: bytes, width_px: int = THUMBNAIL_WIDTH_PX) -> bytes:
    """Return a picture as a JPEG of that width; of a narrower one, of its own.

    Raises:
        InvalidInputError: The bytes are damaged.
    """
    picture = read_small(data, (width_px, 1))
    if picture.width > width_px:
        height_px = max(round(picture.height * width_px / picture.width), 1)
        picture = picture.resize((width_px, height_px), Image.Resampling.BOX, reducing_gap=2.0)
    return jpeg_of(picture)


def make_blank(size: ImageSize) -> bytes:
    """Return a dark JPEG in the proportions of a picture that cannot be shown."""
    height_px = max(round(size.height_px * BLANK_WIDTH_PX / size.width_px), 1)
    return jpeg_of(Image.new("RGB", (BLANK_WIDTH_PX, min(height_px, 4 * BLANK_WIDTH_PX)), BLANK))


def jpeg_of(picture: Image.Image) -> bytes:
    """Return a picture as the bytes of a JPEG."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return buffer.getvalue()


def _opened(data: bytes) -> Image.Image:
    # The two readers by name: Image.open would try every format, and warn by itself.
    if data.startswith(_PNG_MAGIC):
        return PngImagePlugin.PngImageFile(io.BytesIO(data))
    return JpegImagePlugin.JpegImageFile(io.BytesIO(data))


def _plain(picture: Image.Image) -> Image.Image:
    """Return a picture in RGB: transparency on black, of 16-bit greys the upper half."""
    if picture.mode.startswith("I"):
        return picture.convert("I").point(lambda value: value / 256).convert("L").convert("RGB")
    if picture.has_transparency_data:
        layered = picture.convert("RGBA")
        black = Image.new("RGBA", layered.size, (0, 0, 0, 255))
        return Image.alpha_composite(black, layered).convert("RGB")
    return picture.convert("RGB")
