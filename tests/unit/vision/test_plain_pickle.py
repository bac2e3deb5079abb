from __future__ import annotations

import io
import os
import pickle  # noqa: TID251  (writes the files, honest and malicious, that are read here)
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from sorter.errors import InvalidInputError
from vision.detectron2.plain_pickle import plain_from_pickle

NUMBERS = st.one_of(
    npst.floating_dtypes(sizes=(16, 32, 64), endianness="="),
    npst.integer_dtypes(endianness="="),
    npst.unsigned_integer_dtypes(endianness="="),
    npst.boolean_dtypes(),
)
ARRAYS = npst.arrays(NUMBERS, npst.array_shapes(min_dims=0, min_side=0, max_side=4))
PLAIN = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.binary()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), ARRAYS, max_size=3), st.integers(0, pickle.HIGHEST_PROTOCOL))
def test_arrays_come_back_with_every_bit_and_their_type(
    arrays: dict[str, Any], protocol: int
) -> None:
    read = plain_from_pickle(pickle.dumps(OrderedDict(model=arrays), protocol), "zoo.pkl")["model"]
    assert list(read) == list(arrays)
    for name, array in arrays.items():
        assert read[name].dtype == array.dtype
        np.testing.assert_array_equal(read[name], array)


@given(PLAIN, st.integers(0, pickle.HIGHEST_PROTOCOL))
def test_plain_values_come_back(value: object, protocol: int) -> None:
    assert plain_from_pickle(pickle.dumps(value, protocol), "zoo.pkl") == value


def test_arrays_of_any_byte_order_and_layout_come_back() -> None:
    arrays = [np.arange(6, dtype=">f4").reshape(2, 3), np.asfortranarray(np.eye(3)), np.float32(2)]
    read = plain_from_pickle(pickle.dumps(arrays, 2), "zoo.pkl")
    for a, b in zip(read, arrays, strict=True):
        np.testing.assert_array_equal(a, b)


def test_what_python_2_wrote_is_read() -> None:
    """There an array's bytes are a text, and ``numpy.core`` is named."""
    data = (
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
        b"(K\x01K\x02\x85cnumpy\ndtype\nU\x02f4K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xff"
        b"J\xff\xff\xff\xffK\x00tb\x89U\x08\x00\x00\x80\x3f\x00\x00\x00\xc0tb."
    )
    assert plain_from_pickle(data, "zoo.pkl").tolist() == [1.0, -2.0]


class Calls:
    """What a pickle can hold in place of data: a call of anything that can be imported."""

    def __init__(self, function: Any, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Any, tuple[object, ...]]:
        return self.call


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_that_would_run_something_runs_nothing(tmp_path: Path, protocol: int) -> None:
    trap = tmp_path / "sprung"
    for call in (Calls(os.mkdir, str(trap)), Calls(eval, f"__import__('os').mkdir({str(trap)!r})")):
        data = pickle.dumps({"model": {"weight": call}}, protocol)
        with pytest.raises(InvalidInputError, match=r"zoo\.pkl: it names .*, which is no plain"):
            plain_from_pickle(data, "zoo.pkl")
        assert not trap.exists()
        pickle.loads(data)  # noqa: S301  (shows that the trap works)
        trap.rmdir()


@pytest.mark.parametrize(
    "value",
    [
        {1, 2},
        np.dtype("f4"),
        np.array([Calls(print)]),
        np.array(["text"]),
        np.zeros(2, [("x", "f4")]),
        np.ndarray,
        Calls(np.ndarray, (10**12,)),
        Calls(np.dtype, "O"),
        np.datetime64("2020-01-01"),
    ],
)
def test_what_is_no_plain_data_is_refused(value: object) -> None:
    with pytest.raises(InvalidInputError, match=r"^zoo\.pkl: "):
        plain_from_pickle(pickle.dumps([value], 4), "zoo.pkl")


def test_a_name_with_dots_reaches_nothing_behind_an_admitted_one() -> None:
    stream = io.BytesIO(b"\x80\x04\x8c\x0bcollections\x8c\x14OrderedDict.__init__\x93.")
    with pytest.raises(InvalidInputError, match="it names collections"):
        plain_from_pickle(stream.getvalue(), "zoo.pkl")


@given(st.binary(max_size=60))
def test_bytes_of_any_kind_are_read_or_refused_and_nothing_else(data: bytes) -> None:
    with suppress(InvalidInputError):
        plain_from_pickle(data, "zoo.pkl")


@given(st.integers(0, 200), st.binary(min_size=1, max_size=1))
def test_a_damaged_pickle_is_read_or_refused_and_nothing_else(place: int, byte: bytes) -> None:
    data = bytearray(pickle.dumps({"model": {"a": np.eye(2, dtype=np.float32)}}, 2))
    data[place % len(data)] = byte[0]
    with suppress(InvalidInputError):
        plain_from_pickle(bytes(data), "zoo.pkl")
