"""Pictures as odd as senders make them, each with what must become of it."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.unit.api.picture_bytes import (
    PNG_MAGIC,
    make_gif,
    make_jpeg_bomb,
    make_png_bomb,
    png_chunk,
)

TAKEN = "taken"
NOT_A_PICTURE = "not-a-picture"
DAMAGED = "damaged-picture"
TOO_MANY_PIXELS = "too-many-pixels"
OUT_OF_RANGE = "out-of-range"
TOO_LARGE = "request-entity-too-large"

WIDTH_PX, HEIGHT_PX = 40, 24
MAX_BYTES = 400_000
MAX_PIXELS = 1_000_000
ORIENTATION = 0x0112
"""The tag of EXIF that says how a picture is to be turned."""


@dataclass(frozen=True)
class Odd:
    """One odd picture.

    Attributes:
        verdict: :data:`TAKEN`, or the type of the problem.
        is_readable: Whether a worker can decode it; one that cannot fails with a reason.
    """

    make: Callable[[], bytes]
    verdict: str = TAKEN
    is_readable: bool = True


def scene() -> Image.Image:
    """Return a picture that is not the same when it is turned or mirrored."""
    down, across = np.mgrid[0:HEIGHT_PX, 0:WIDTH_PX]
    channels = [across * 255 // WIDTH_PX, down * 255 // HEIGHT_PX, (across < 8) * 200]
    return Image.fromarray(np.stack(channels, axis=-1).astype(np.uint8))


def jpeg(picture: Image.Image | None = None, **options: object) -> bytes:
    return _encoded(picture or scene(), "JPEG", options)


def png(picture: Image.Image | None = None, **options: object) -> bytes:
    return _encoded(picture or scene(), "PNG", options)


def turned_by_exif(orientation: int) -> bytes:
    """Return a JPEG whose EXIF asks for one of the eight turns."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return jpeg(exif=exif, quality=95)


def grey_of_16_bits(value: int = 0x8000) -> bytes:
    return png(Image.fromarray(np.full((HEIGHT_PX, WIDTH_PX), value, np.uint16)))


def _encoded(picture: Image.Image, form: str, options: dict[str, object]) -> bytes:
    target = io.BytesIO()
    picture.save(target, form, **options)
    return target.getvalue()


def _with_text(kind: str) -> bytes:
    text = PngInfo()
    if kind == "bomb":
        text.add_text("Comment", "a" * 3_000_000, zip=True)
    else:
        text.add_text("Comment", "a" * 200_000)
    return png(pnginfo=text)


def _with_chunk(kind: bytes, content: bytes) -> bytes:
    """Return a PNG with one more chunk behind its header."""
    whole = png()
    at = len(PNG_MAGIC) + 25
    return whole[:at] + png_chunk(kind, content) + whole[at:]


def _several(form: str) -> bytes:
    return _encoded(scene(), form, {"save_all": True, "append_images": [scene().rotate(180)]})


def _interlaced() -> bytes:
    """Return a PNG of one grey in Adam7's seven passes. Source: PNG 3rd edition, 8.1."""
    header = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 1)
    passes = [(1, 1), (1, 1), (2, 1), (2, 2), (4, 2), (4, 4), (8, 4)]
    rows = b"".join((b"\x00" + b"\x80" * width) * height for width, height in passes)
    return (
        PNG_MAGIC
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", zlib.compress(rows))
        + png_chunk(b"IEND", b"")
    )


def _pixels_too_few() -> bytes:
    header = struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)
    return (
        PNG_MAGIC
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", zlib.compress(b"\x00" * 50))
        + png_chunk(b"IEND", b"")
    )


def _heic() -> bytes:
    """Return the beginning of a HEIC file, as telephones make them."""
    brand = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"
    return brand + b"\x00\x00\x01\x00meta" + bytes(300)


def _flat(width_px: int, height_px: int) -> Callable[[], bytes]:
    return lambda: png(Image.new("L", (width_px, height_px), 90))


CORPUS: dict[str, Odd] = {
    "a JPEG": Odd(jpeg),
    "a PNG": Odd(png),
    "a progressive JPEG": Odd(lambda: jpeg(progressive=True)),
    "a JPEG in grey": Odd(lambda: jpeg(scene().convert("L"))),
    "a JPEG in CMYK": Odd(lambda: jpeg(scene().convert("CMYK"))),
    "a JPEG with restarts": Odd(lambda: jpeg(restart_marker_blocks=1)),
    "a JPEG of several pictures": Odd(lambda: _several("MPO")),
    "a JPEG with more behind its end": Odd(lambda: jpeg() + b"BRCM" + bytes(1000)),
    "a JPEG with a colour profile that is none": Odd(lambda: jpeg(icc_profile=b"no profile" * 99)),
    "a JPEG with 60 KB of comment": Odd(lambda: jpeg(comment=b"c" * 60_000)),
    **{
        f"a JPEG turned by EXIF {number}": Odd(lambda number=number: turned_by_exif(number))
        for number in range(1, 9)
    },
    "a JPEG with EXIF that is none": Odd(lambda: jpeg(exif=b"Exif\x00\x00" + bytes(40))),
    "a PNG in grey of 16 bits": Odd(grey_of_16_bits),
    "a PNG of two colours": Odd(lambda: png(scene().convert("1"))),
    "a PNG with a palette": Odd(lambda: png(scene().convert("P"))),
    "a PNG with a clear colour": Odd(lambda: png(scene().convert("P"), transparency=3)),
    "a PNG with transparency": Odd(lambda: png(scene().convert("RGBA"))),
    "a PNG in passes": Odd(_interlaced),
    "an animated PNG": Odd(lambda: _several("PNG")),
    "a PNG with more behind its end": Odd(lambda: png() + bytes(1000)),
    "a PNG with 200 KB of text": Odd(lambda: _with_text("long")),
    "a PNG with a chunk that nobody knows": Odd(lambda: _with_chunk(b"whAt", bytes(90_000))),
    "one pixel": Odd(_flat(1, 1)),
    "one row of 60,000 pixels": Odd(_flat(60_000, 1)),
    "as many pixels as may be": Odd(_flat(1000, 1000)),
    "a PNG of too few rows": Odd(_pixels_too_few, is_readable=False),
    "a PNG whose text unpacks to 3 MB": Odd(lambda: _with_text("bomb"), DAMAGED),
    "one column of 60,000 pixels": Odd(_flat(1, 60_000), OUT_OF_RANGE),
    "one pixel more than may be": Odd(_flat(1001, 1000), TOO_MANY_PIXELS),
    "a PNG that claims 60,000 x 60,000": Odd(make_png_bomb, TOO_MANY_PIXELS),
    "a JPEG that claims 60,000 x 60,000": Odd(make_jpeg_bomb, TOO_MANY_PIXELS),
    "a PNG that claims 2 to the 31": Odd(lambda: make_png_bomb(2**31 - 1), TOO_MANY_PIXELS),
    "a PNG without size": Odd(lambda: make_png_bomb(0), DAMAGED),
    "a JPEG that ends in its header": Odd(lambda: jpeg()[:30], DAMAGED),
    "a JPEG that ends in its pixels": Odd(lambda: jpeg()[:-40], DAMAGED),
    "a JPEG without its last byte": Odd(lambda: jpeg()[:-1], DAMAGED),
    "a PNG that ends in its header": Odd(lambda: png()[:20], DAMAGED),
    "a PNG that ends in its pixels": Odd(lambda: png()[:-30], DAMAGED),
    "a PNG without its last byte": Odd(lambda: png()[:-1], DAMAGED),
    "a PNG whose chunk claims 4 GB": Odd(
        lambda: PNG_MAGIC + b"\xff\xff\xff\xffIHDR" + bytes(50), DAMAGED
    ),
    "the beginning of a JPEG alone": Odd(lambda: b"\xff\xd8\xff", DAMAGED),
    "the beginning of a PNG alone": Odd(lambda: PNG_MAGIC, DAMAGED),
    "HEIC": Odd(_heic, NOT_A_PICTURE),
    "GIF": Odd(make_gif, NOT_A_PICTURE),
    "BMP": Odd(lambda: _encoded(scene(), "BMP", {}), NOT_A_PICTURE),
    "TIFF": Odd(lambda: _encoded(scene(), "TIFF", {}), NOT_A_PICTURE),
    "WebP": Odd(lambda: _encoded(scene(), "WEBP", {}), NOT_A_PICTURE),
    "SVG": Odd(lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", NOT_A_PICTURE),
    "text": Odd(lambda: b"hello, robot", NOT_A_PICTURE),
    "nothing": Odd(lambda: b"", NOT_A_PICTURE),
    "zeros": Odd(lambda: bytes(5000), NOT_A_PICTURE),
    "a JPEG behind a space": Odd(lambda: b" " + jpeg(), NOT_A_PICTURE),
    "more bytes than may be": Odd(lambda: jpeg() + bytes(MAX_BYTES), TOO_LARGE),
}
