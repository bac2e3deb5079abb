"""A look at a picture's bytes that decodes nothing: what it is, how large, and whether it is whole.

The header tells format and size, and a walk along the file's own structure tells whether the
end has come. No pixel is decoded, so a picture that claims 60,000 x 60,000 costs no memory.
"""

from __future__ import annotations

import io
import re
import struct
import zlib

from PIL import JpegImagePlugin, PngImagePlugin

from api.errors import DamagedPictureError, NotAPictureError, TooManyPixelsError
from sorter.types import ImageSize

JPEG_MAGIC = b"\xff\xd8\xff"
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"

# In a scan 0xFF is data where 0x00 follows, and a restart where 0xD0 to 0xD7 follow.
# Source: ITU-T T.81, B.1.1.
_MARKER_IN_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_START_OF_SCAN = 0xDA
_END_OF_IMAGE = 0xD9


def look_at_picture(data: bytes, *, max_pixels: int) -> ImageSize:
    """Return a picture's size, having made sure that it is one, is whole and is not too large.

    Bytes after the end of a JPEG are allowed: cameras append raw data there.

    Raises:
        NotAPictureError: Neither JPEG nor PNG.
        TooManyPixelsError: Width times height exceeds ``max_pixels``.
        DamagedPictureError: Cut short, or its structure is broken.
    """
    if not data.startswith((JPEG_MAGIC, PNG_MAGIC)):
        raise NotAPictureError("the body is neither a JPEG nor a PNG picture")
    size = _size_from_header(data)
    if size.width_px * size.height_px > max_pixels:
        raise TooManyPixelsError(
            f"the picture claims {size.width_px} x {size.height_px} pixels, "
            f"and at most {max_pixels} are taken"
        )
    if data.startswith(PNG_MAGIC):
        _check_png_is_whole(data)
    else:
        _check_jpeg_is_whole(data)
    return size


def _size_from_header(data: bytes) -> ImageSize:
    # The two readers by name: Image.open would try every format, and warn by itself.
    is_png = data.startswith(PNG_MAGIC)
    reader = PngImagePlugin.PngImageFile if is_png else JpegImagePlugin.JpegImageFile
    try:
        with reader(io.BytesIO(data)) as picture:
            return ImageSize(*picture.size)
    except Exception as error:  # Pillow raises what its parsers meet: SyntaxError, struct.error...
        raise DamagedPictureError("the picture's header cannot be read") from error


def _check_png_is_whole(data: bytes) -> None:
    """Walk the chunks, each with its checksum, to the last. Source: PNG 3rd edition, 5.3."""
    at = len(PNG_MAGIC)
    has_pixels = False
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            break
        (checksum,) = struct.unpack_from(">I", data, end - 4)
        if zlib.crc32(memoryview(data)[at + 4 : end - 4]) != checksum:
            raise DamagedPictureError("a part of the PNG picture fails its checksum")
        has_pixels = has_pixels or kind == b"IDAT"
        if kind == b"IEND" and has_pixels:
            return
        at = end
    raise DamagedPictureError("the PNG picture ends before its end")


def _check_jpeg_is_whole(data: bytes) -> None:
    """Walk the segments and scans to the end-of-image marker. Source: ITU-T T.81, B.2."""
    at = 2
    has_scan = False
    while at + 2 <= len(data):
        if data[at] != 0xFF:
            raise DamagedPictureError("the JPEG picture's structure is broken")
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
        elif marker == _END_OF_IMAGE:
            break
        else:
            at = _end_of_segment(data, at, marker)
            has_scan = has_scan or marker == _START_OF_SCAN
    if not has_scan or data[at : at + 2] != b"\xff\xd9":
        raise DamagedPictureError("the JPEG picture ends before its end")


def _end_of_segment(data: bytes, at: int, marker: int) -> int:
    """Return where the next marker begins; the data's length where none does."""
    if marker == 0x01 or 0xD0 <= marker <= 0xD8:  # stand alone, without a length
        return at + 2
    if at + 4 > len(data):
        return len(data)
    (length,) = struct.unpack_from(">H", data, at + 2)
    end = at + 2 + int(length)
    if marker != _START_OF_SCAN:
        return end
    following = _MARKER_IN_SCAN.search(data, end)
    return following.start() if following else len(data)
