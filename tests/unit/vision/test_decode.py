from __future__ import annotations

import contextlib
import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sorter.errors import InvalidInputError
from vision.decode import decode_rgb

RGB = np.random.default_rng(0).integers(0, 256, (24, 32, 3)).astype(np.uint8)


def encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 100))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def test_a_png_keeps_every_pixel() -> None:
    np.testing.assert_array_equal(decode_rgb(encoded(Image.fromarray(RGB), "PNG")), RGB)


def test_a_jpeg_keeps_its_size_and_roughly_its_colours() -> None:
    smooth = np.full((24, 32, 3), (200, 100, 50), np.uint8)
    decoded = decode_rgb(encoded(Image.fromarray(smooth), "JPEG", quality=95))
    assert decoded.shape == (24, 32, 3)
    assert decoded.dtype == np.uint8
    assert np.abs(decoded.astype(int) - smooth).max() < 10


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "LA", "RGBA", "I;16"])
def test_every_mode_of_colour_becomes_rgb(mode: str) -> None:
    base = Image.fromarray(RGB)
    picture = (
        Image.fromarray(np.zeros((24, 32), np.uint16)) if mode == "I;16" else base.convert(mode)
    )
    data = encoded(picture, "JPEG" if mode == "CMYK" else "PNG")
    assert decode_rgb(data).shape == (24, 32, 3)


def test_what_is_transparent_becomes_black() -> None:
    clear = Image.new("RGBA", (4, 4), (255, 255, 255, 0))
    assert decode_rgb(encoded(clear, "PNG")).max() == 0


def test_a_picture_is_not_turned_as_its_exif_says() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # "rotate by 90 degrees"
    data = encoded(Image.fromarray(RGB), "JPEG", exif=exif)
    assert decode_rgb(data).shape == (24, 32, 3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.95])
def test_a_picture_that_is_cut_short_is_refused(kind: str, share: float) -> None:
    data = encoded(Image.fromarray(RGB), kind)
    with pytest.raises(InvalidInputError):
        decode_rgb(data[: int(len(data) * share)])


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "WEBP"])
def test_other_formats_are_refused(kind: str) -> None:
    with pytest.raises(InvalidInputError, match="not a readable JPEG or PNG"):
        decode_rgb(encoded(Image.fromarray(RGB), kind))


@pytest.mark.parametrize("data", [b"", b"hello", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"])
def test_bytes_that_are_no_picture_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidInputError, match="not a readable JPEG or PNG"):
        decode_rgb(data)


def test_the_pixel_limit_is_told_from_the_header() -> None:
    with pytest.raises(InvalidInputError, match="limit of 50000000"):
        decode_rgb(png_that_claims(60_000, 60_000))
    with pytest.raises(InvalidInputError, match="8000 x 8000 pixels is over the limit"):
        decode_rgb(png_that_claims(8_000, 8_000))


def test_the_pixel_limit_is_the_last_number_allowed() -> None:
    data = encoded(Image.fromarray(RGB), "PNG")
    assert decode_rgb(data, max_pixels=24 * 32).shape == (24, 32, 3)
    with pytest.raises(InvalidInputError):
        decode_rgb(data, max_pixels=24 * 32 - 1)


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(st.integers(16, 700), st.integers(16, 700)),
    st.tuples(st.integers(16, 300), st.integers(16, 300)),
)
def test_a_jpeg_is_decoded_at_the_least_part_that_is_enough(
    size_px: tuple[int, int], enough_px: tuple[int, int]
) -> None:
    data = encoded(Image.new("RGB", size_px), "JPEG")
    height_px, width_px, _ = decode_rgb(data, enough_px=enough_px).shape
    part = max(n for n in (1, 2, 4, 8) if n == 1 or covers(size_px, enough_px, n))
    assert (width_px, height_px) == tuple(-(-side // part) for side in size_px)


def covers(size_px: tuple[int, int], enough_px: tuple[int, int], n: int) -> bool:
    return all(side // enough >= n for side, enough in zip(size_px, enough_px, strict=True))


def test_a_reduced_jpeg_shows_the_means_of_its_blocks() -> None:
    coarse = np.random.default_rng(1).integers(40, 200, (12, 16, 3)).astype(np.uint8)
    smooth = Image.fromarray(coarse).resize((256, 192), Image.Resampling.BICUBIC)
    data = encoded(smooth, "JPEG", quality=95)
    whole = decode_rgb(data).astype(float)
    means = whole.reshape(48, 4, 64, 4, 3).mean((1, 3))
    reduced = decode_rgb(data, enough_px=(64, 48)).astype(float)
    assert np.abs(reduced - means).mean() < 1.0


def test_a_png_is_decoded_whole() -> None:
    assert decode_rgb(encoded(Image.fromarray(RGB), "PNG"), enough_px=(4, 3)).shape == RGB.shape


def test_the_pixel_limit_holds_for_the_whole_picture() -> None:
    data = encoded(Image.new("RGB", (320, 240)), "JPEG")
    with pytest.raises(InvalidInputError, match="over the limit"):
        decode_rgb(data, max_pixels=320 * 240 - 1, enough_px=(16, 16))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 600), st.integers(0, 255), st.sampled_from(["JPEG", "PNG"]))
def test_a_flipped_byte_gives_a_picture_or_the_one_error(place: int, value: int, kind: str) -> None:
    data = bytearray(encoded(Image.fromarray(RGB), kind))
    data[place % len(data)] = value
    with contextlib.suppress(InvalidInputError):
        assert decode_rgb(bytes(data), max_pixels=100_000).shape[2] == 3
