from __future__ import annotations

import io
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from api.errors import DamagedPictureError, NotAPictureError, TooManyPixelsError
from api.pictures import look_at_picture
from sorter.types import ImageSize
from tests.unit.api.picture_bytes import (
    PNG_MAGIC,
    make_gif,
    make_jpeg,
    make_jpeg_bomb,
    make_png,
    make_png_bomb,
    png_chunk,
)

PLENTY = 50_000_000


def noisy(form: str, **options: object) -> bytes:
    pixels = np.random.default_rng(3).integers(0, 256, (90, 120, 3), np.uint8)
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, form, **options)
    return target.getvalue()


NOISY = {
    "jpeg": noisy("JPEG", quality=95),
    "progressive": noisy("JPEG", quality=95, progressive=True),
    "restarts": noisy("JPEG", restart_marker_blocks=4),
    "png": noisy("PNG"),
}


@pytest.mark.parametrize("name", NOISY)
def test_a_whole_picture_tells_its_size(name: str) -> None:
    assert look_at_picture(NOISY[name], max_pixels=PLENTY) == ImageSize(120, 90)


@pytest.mark.parametrize("name", NOISY)
@settings(deadline=None, max_examples=60)
@given(part=st.floats(0, 1, exclude_max=True))
def test_a_picture_cut_anywhere_is_never_taken_for_whole(name: str, part: float) -> None:
    whole = NOISY[name]
    cut = whole[: int(part * len(whole))]
    with pytest.raises((DamagedPictureError, NotAPictureError)):
        look_at_picture(cut, max_pixels=PLENTY)


@pytest.mark.parametrize("name", ["jpeg", "progressive", "png"])
def test_a_picture_that_lacks_its_last_byte_is_truncated(name: str) -> None:
    with pytest.raises(DamagedPictureError):
        look_at_picture(NOISY[name][:-1], max_pixels=PLENTY)


@pytest.mark.parametrize("after", [b"\x00" * 512, b"BRCM raw sensor data", make_jpeg()])
def test_what_a_camera_appends_to_its_jpeg_is_allowed(after: bytes) -> None:
    assert look_at_picture(make_jpeg() + after, max_pixels=PLENTY) == ImageSize(64, 48)


def test_a_thumbnail_inside_does_not_pass_for_the_end_of_the_picture() -> None:
    exif = b"Exif\x00\x00" + make_jpeg(16, 16)
    whole = make_jpeg(exif=exif)
    with pytest.raises(DamagedPictureError):
        look_at_picture(whole[:-2], max_pixels=PLENTY)
    assert look_at_picture(whole, max_pixels=PLENTY) == ImageSize(64, 48)


@given(st.binary(max_size=200))
def test_bytes_that_begin_as_neither_are_no_picture(data: bytes) -> None:
    with pytest.raises(NotAPictureError):
        look_at_picture(b"x" + data, max_pixels=PLENTY)


def test_other_kinds_of_pictures_are_not_taken() -> None:
    with pytest.raises(NotAPictureError):
        look_at_picture(make_gif(), max_pixels=PLENTY)


@settings(deadline=None)
@given(rest=st.binary(max_size=300), magic=st.sampled_from([b"\xff\xd8\xff", PNG_MAGIC]))
def test_rubbish_after_a_right_beginning_is_damaged_and_breaks_nothing(
    rest: bytes, magic: bytes
) -> None:
    with pytest.raises(DamagedPictureError):
        look_at_picture(magic + rest, max_pixels=PLENTY)


def test_a_changed_byte_in_a_png_fails_its_checksum() -> None:
    changed = bytearray(make_png())
    changed[changed.index(b"IDAT") + 8] ^= 1
    with pytest.raises(DamagedPictureError, match="checksum"):
        look_at_picture(bytes(changed), max_pixels=PLENTY)


def test_a_png_without_pixels_is_damaged() -> None:
    header = make_png()[:33]
    with pytest.raises(DamagedPictureError):
        look_at_picture(header + png_chunk(b"IEND", b""), max_pixels=PLENTY)


def test_the_pixel_limit_itself_is_allowed_and_one_more_is_not() -> None:
    assert look_at_picture(make_png(10, 10), max_pixels=100) == ImageSize(10, 10)
    with pytest.raises(TooManyPixelsError, match="10 x 10"):
        look_at_picture(make_png(10, 10), max_pixels=99)


@pytest.mark.parametrize("bomb", [make_png_bomb(), make_jpeg_bomb()], ids=["png", "jpeg"])
def test_a_picture_that_claims_sixty_thousand_squared_pixels_costs_no_memory(bomb: bytes) -> None:
    look_at_picture(make_png(), max_pixels=PLENTY)  # imports are not counted
    tracemalloc.start()
    try:
        with pytest.raises(TooManyPixelsError, match="60000 x 60000"):
            look_at_picture(bomb, max_pixels=PLENTY)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000


def test_a_limit_above_pillows_own_lets_a_large_picture_pass_without_a_warning() -> None:
    assert look_at_picture(make_png_bomb(20_000), max_pixels=10**9) == ImageSize(20_000, 20_000)


def test_fill_bytes_between_a_jpegs_parts_are_allowed() -> None:
    whole = make_jpeg()
    at = whole.index(b"\xff\xdb")
    assert look_at_picture(whole[:at] + b"\xff\xff" + whole[at:], max_pixels=PLENTY)


def test_a_marker_that_stands_alone_after_a_jpegs_scan_is_allowed() -> None:
    whole = make_jpeg()
    assert look_at_picture(whole[:-2] + b"\xff\x01" + whole[-2:], max_pixels=PLENTY)


def test_rubbish_between_a_jpegs_parts_is_damage() -> None:
    whole = make_jpeg()
    at = whole.index(b"\xff\xda")
    with pytest.raises(DamagedPictureError):
        look_at_picture(whole[:at] + b"rubbish" + whole[at:], max_pixels=PLENTY)


@pytest.mark.parametrize("n_kept", [2, 3])
def test_a_jpeg_that_ends_in_a_parts_length_is_truncated(n_kept: int) -> None:
    whole = make_jpeg()
    at = whole.index(b"\xff\xda")
    with pytest.raises(DamagedPictureError):
        look_at_picture(whole[: at + n_kept], max_pixels=PLENTY)
