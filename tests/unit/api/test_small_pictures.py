from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from api.small_pictures import THUMBNAIL_WIDTH_PX, make_thumbnail, read_small
from sorter.errors import InvalidInputError


def encoded(picture: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@given(st.integers(1, 1300), st.integers(1, 400), st.sampled_from(["PNG", "JPEG"]))
@settings(max_examples=25, deadline=None)
def test_a_thumbnail_keeps_the_proportions_and_is_never_wider_than_the_picture(
    width_px: int, height_px: int, kind: str
) -> None:
    small = opened(make_thumbnail(encoded(Image.new("RGB", (width_px, height_px)), kind)))
    assert small.format == "JPEG"
    assert small.width == min(width_px, THUMBNAIL_WIDTH_PX)
    assert small.height == pytest.approx(height_px * small.width / width_px, abs=1)


def test_a_thumbnail_shows_what_the_picture_shows() -> None:
    ramp = np.linspace(0, 255, 1640).astype(np.uint8)
    picture = Image.fromarray(np.repeat(ramp[None, :, None], 1232, axis=0).repeat(3, axis=2))
    for kind in ("PNG", "JPEG"):
        small = np.asarray(opened(make_thumbnail(encoded(picture, kind))), np.float64)
        wanted = np.linspace(0, 255, small.shape[1])[None, :, None]
        assert np.abs(small - wanted).max() < 8


def test_a_jpeg_is_decoded_no_larger_than_is_needed() -> None:
    data = encoded(Image.new("RGB", (1600, 1200)), "JPEG")
    assert read_small(data, (300, 1)).size == (400, 300)
    assert read_small(data, (1600, 1)).size == (1600, 1200)


def test_16_bit_greys_keep_their_upper_half_and_transparency_lies_on_black() -> None:
    grey = Image.fromarray(np.full((4, 4), 0x8001, np.uint16))
    assert read_small(encoded(grey), (1, 1)).getpixel((0, 0)) == (0x80, 0x80, 0x80)
    clear = Image.new("RGBA", (4, 4), (255, 255, 255, 0))
    assert read_small(encoded(clear), (1, 1)).getpixel((0, 0)) == (0, 0, 0)


def test_no_rotation_is_applied_that_the_file_speaks_of() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    buffer = io.BytesIO()
    Image.new("RGB", (800, 100)).save(buffer, "JPEG", exif=exif)
    assert opened(make_thumbnail(buffer.getvalue())).size == (640, 80)


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8\xff\xe0 cut", b"\x89PNG\r\n\x1a\n cut", b"GIF89a"]
)
def test_damaged_bytes_are_told_as_such(data: bytes) -> None:
    with pytest.raises(InvalidInputError):
        make_thumbnail(data)
