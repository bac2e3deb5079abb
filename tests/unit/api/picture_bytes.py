"""Bytes of pictures, whole and broken in each way that the gateway must notice."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def make_jpeg(width_px: int = 64, height_px: int = 48, grey: int = 90, **options: object) -> bytes:
    """Return a JPEG picture of one grey."""
    return _encoded(width_px, height_px, grey, "JPEG", options)


def make_png(width_px: int = 64, height_px: int = 48, grey: int = 90, **options: object) -> bytes:
    """Return a PNG picture of one grey."""
    return _encoded(width_px, height_px, grey, "PNG", options)


def make_gif() -> bytes:
    """Return a picture of a kind that is not taken."""
    return _encoded(8, 8, 90, "GIF", {})


def png_chunk(kind: bytes, content: bytes) -> bytes:
    """Return a chunk with its length and checksum."""
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def make_png_bomb(side_px: int = 60_000) -> bytes:
    """Return a whole, small PNG that claims to be huge."""
    header = struct.pack(">IIBBBBB", side_px, side_px, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(100_000), 9)
    return (
        PNG_MAGIC
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", pixels)
        + png_chunk(b"IEND", b"")
    )


def make_jpeg_bomb(side_px: int = 60_000) -> bytes:
    """Return a small JPEG whose header claims that it is huge."""
    whole = bytearray(make_jpeg())
    at = whole.index(b"\xff\xc0")
    whole[at + 5 : at + 9] = struct.pack(">HH", side_px, side_px)
    return bytes(whole)


def _encoded(
    width_px: int, height_px: int, grey: int, form: str, options: dict[str, object]
) -> bytes:
    target = io.BytesIO()
    colour = (grey, (grey * 7) % 256, (grey * 3) % 256)
    Image.new("RGB", (width_px, height_px), colour).save(target, form, **options)
    return target.getvalue()
