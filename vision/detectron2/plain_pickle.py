"""Reads the pickles of Detectron2's model zoo without running anything that they name.

A pickle may call whatever it can import. Here it reaches the few names of ``_STAND_INS``, each
of them a function of this module that keeps plain data; everything else ends the reading. So
neither numpy nor any other library rebuilds an object from the file.
"""

from __future__ import annotations

import io
import pickle  # noqa: TID251  (its Unpickler is cut down to plain data below)
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from sorter.errors import InvalidInputError

_NUMBERS = "biuf"


def plain_from_pickle(data: bytes, name: str) -> Any:
    """Return what a pickle of numbers, texts, arrays, lists and mappings holds.

    Args:
        data: The pickle, of Python 2 or 3.
        name: What errors call it.

    Raises:
        InvalidInputError: It names anything else, or is broken.
    """
    try:
        return _plain(_PlainUnpickler(io.BytesIO(data), encoding="latin1").load())
    except InvalidInputError as error:
        raise InvalidInputError(f"{name}: {error}") from error
    except Exception as error:  # whatever a broken stream makes an unpickler do
        raise InvalidInputError(f"{name}: not a pickle of plain data: {error}") from error


class _DType:
    """Stands for ``numpy.dtype``: a kind of number, and the order of its bytes."""

    def __init__(self, code: str, _align: object = False, _copy: object = True) -> None:
        self.dtype = np.dtype(str(code))
        if self.dtype.kind not in _NUMBERS:
            raise InvalidInputError(f"an array of {self.dtype} and not of numbers")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        order = state[1]
        if order in ("<", ">"):
            self.dtype = self.dtype.newbyteorder(order)


class _Array:
    """Stands for an array until its shape and its bytes are read."""

    def __init__(self, *_: object) -> None:
        self.values: NDArray[Any] | None = None

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _version, shape, kind, is_fortran, data = state
        if not isinstance(kind, _DType):
            raise InvalidInputError("an array without a kind of number")
        self.values = _values(data, kind, shape, "F" if is_fortran else "C")


def _values(data: bytes | str, kind: _DType, shape: Any, order: Any) -> NDArray[Any]:
    raw = data.encode("latin1") if isinstance(data, str) else bytes(data)
    values = np.frombuffer(raw, kind.dtype).reshape(tuple(shape), order=order)
    return values.astype(kind.dtype.newbyteorder("="))


def _array_from_buffer(data: bytes, kind: _DType, shape: Any, order: Any) -> _Array:
    array = _Array()
    array.values = _values(data, kind, shape, order)
    return array


def _scalar(kind: _DType, data: bytes | str) -> Any:
    return _values(data, kind, (), "C").item()


def _latin1(text: str, encoding: str = "latin1") -> bytes:
    if encoding not in ("latin1", "latin-1"):
        raise InvalidInputError(f"bytes written as {encoding}")
    return text.encode("latin1")


def _no_bytes() -> bytes:
    return b""


def _no_array(*_: object) -> NoReturn:
    raise InvalidInputError("an array made by calling its class")


_STAND_INS: Mapping[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): dict,
    ("_codecs", "encode"): _latin1,
    ("__builtin__", "bytes"): _no_bytes,
    ("numpy", "ndarray"): _no_array,
    ("numpy", "dtype"): _DType,
    ("numpy._core.numeric", "_frombuffer"): _array_from_buffer,
    **{
        (f"numpy.{core}.multiarray", name): stand_in
        for core in ("core", "_core")
        for name, stand_in in (("_reconstruct", _Array), ("scalar", _scalar))
    },
}


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        stand_in: Callable[..., Any] | None = _STAND_INS.get((module, name))
        if stand_in is None:
            raise InvalidInputError(f"it names {module}.{name}, which is no plain data")
        return stand_in


def _plain(value: Any) -> Any:
    """Return the value with every stand-in replaced by what it stands for."""
    if isinstance(value, _Array):
        if value.values is None:
            raise InvalidInputError("an array without values")
        return value.values
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return value
    raise InvalidInputError(f"a {type(value).__name__}, which is no plain data")
