"""What the gateway takes, a worker reads as it is or refuses with the one error."""

from __future__ import annotations

import contextlib
import struct
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.errors import DamagedPictureError, NotAPictureError, TooManyPixelsError
from api.pictures import PNG_MAGIC, look_at_picture
from sorter.errors import InvalidInputError
from tests.picture_corpus import (
    CORPUS,
    MAX_PIXELS,
    TAKEN,
    grey_of_16_bits,
    png,
    scene,
    turned_by_exif,
)
from vision.decode import decode_rgb

READABLE = [name for name, odd in CORPUS.items() if odd.verdict == TAKEN and odd.is_readable]
UNREADABLE = [name for name, odd in CORPUS.items() if odd.verdict == TAKEN and not odd.is_readable]
SMALL = [CORPUS[name].make() for name in READABLE if len(CORPUS[name].make()) < 5_000]


@pytest.mark.parametrize("name", READABLE)
def test_what_is_taken_is_read_at_the_size_that_its_header_told(name: str) -> None:
    data = CORPUS[name].make()
    told = look_at_picture(data, max_pixels=MAX_PIXELS)
    rgb = decode_rgb(data, MAX_PIXELS)
    assert rgb.shape == (told.height_px, told.width_px, 3)
    assert rgb.dtype == np.uint8


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_only_looks_like_a_picture_is_refused_by_the_worker_with_a_reason(name: str) -> None:
    data = CORPUS[name].make()
    look_at_picture(data, max_pixels=MAX_PIXELS)
    with pytest.raises(InvalidInputError, match="not a readable"):
        decode_rgb(data, MAX_PIXELS)


@pytest.mark.parametrize("name", [name for name, odd in CORPUS.items() if odd.verdict != TAKEN])
def test_what_is_not_taken_hurts_no_worker_either(name: str) -> None:
    with contextlib.suppress(InvalidInputError):
        decode_rgb(CORPUS[name].make(), MAX_PIXELS)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pixels_stay_where_the_sensor_had_them_however_exif_would_turn_them(
    orientation: int,
) -> None:
    """The formulas of the arm's frame hold for the pixels as the sensor gave them."""
    rgb = decode_rgb(turned_by_exif(orientation))
    assert np.abs(rgb.astype(int) - np.asarray(scene()).astype(int)).mean() < 8


@pytest.mark.parametrize("name", ["an animated PNG", "a JPEG of several pictures"])
def test_of_several_pictures_the_first_counts(name: str) -> None:
    rgb = decode_rgb(CORPUS[name].make())
    assert np.abs(rgb.astype(int) - np.asarray(scene()).astype(int)).mean() < 8


@pytest.mark.parametrize("value", [0, 255, 256, 0x1234, 0x8000, 0xFFFF])
def test_of_sixteen_bits_the_upper_eight_are_kept(value: int) -> None:
    assert np.all(decode_rgb(grey_of_16_bits(value)) == value >> 8)


def test_the_colours_of_a_cmyk_jpeg_are_those_that_were_meant() -> None:
    rgb = decode_rgb(CORPUS["a JPEG in CMYK"].make())
    assert np.abs(rgb.astype(int) - np.asarray(scene()).astype(int)).mean() < 20


def test_passes_and_palettes_give_the_same_pixels() -> None:
    assert np.all(decode_rgb(CORPUS["a PNG in passes"].make()) == 0x80)
    palette = scene().convert("P")
    np.testing.assert_array_equal(decode_rgb(png(palette)), np.asarray(palette.convert("RGB")))


@st.composite
def changed_pictures(draw: st.DrawFn) -> bytes:
    """A picture of the corpus with some bytes changed, cut out or put in; PNG sums set right."""
    data = bytearray(draw(st.sampled_from(SMALL)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        end = at + draw(st.integers(0, 12))
        data[at:end] = draw(st.binary(max_size=12))
    return with_right_sums(bytes(data)) if draw(st.booleans()) else bytes(data)


def with_right_sums(data: bytes) -> bytes:
    """Return a PNG whose chunks, as far as they can be told apart, have the right checksums."""
    if not data.startswith(PNG_MAGIC):
        return data
    done, at = bytearray(PNG_MAGIC), len(PNG_MAGIC)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        if at + 12 + length > len(data):
            break
        part = data[at + 4 : at + 8 + length]
        done += struct.pack(">I", length) + part + struct.pack(">I", zlib.crc32(part))
        at += 12 + length
    return bytes(done) + data[at:]


@settings(max_examples=300)
@given(changed_pictures())
def test_whatever_is_done_to_a_picture_both_sides_answer_or_refuse(data: bytes) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, of EXIF and the like that make no sense
        told = rgb = None
        with contextlib.suppress(NotAPictureError, DamagedPictureError, TooManyPixelsError):
            told = look_at_picture(data, max_pixels=MAX_PIXELS)
        with contextlib.suppress(InvalidInputError):
            rgb = decode_rgb(data, MAX_PIXELS)
    if told is not None and rgb is not None:
        assert rgb.shape == (told.height_px, told.width_px, 3)
