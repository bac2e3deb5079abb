"""Files of weights as others keep them, read as numbers and never run."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError  # noqa: TID251  (an error's name; nothing is read by it)

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from sorter.errors import InvalidInputError


def tensors_from_file(path: Path) -> dict[str, Tensor]:
    """Read a ``.safetensors`` file, or what torch saved: tensors by name, or that as ``model``.

    Raises:
        InvalidInputError: The file is missing or broken, or holds anything but weights.
    """
    try:
        if path.suffix == ".safetensors":
            return safetensors.torch.load(path.read_bytes())
        return _from_torch(path)
    except OSError as error:
        raise InvalidInputError(f"{path}: cannot be read: {error.strerror}") from error
    except SafetensorError as error:
        raise InvalidInputError(f"{path}: not a safetensors file: {error}") from error


def _from_torch(path: Path) -> dict[str, Tensor]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of formats that torch once wrote
            loaded = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, UnpicklingError, EOFError, ValueError, KeyError) as error:
        first_line = str(error).partition("\n")[0]
        raise InvalidInputError(
            f"{path}: holds more than weights, or none: {first_line}"
        ) from error
    weights = loaded.get("model", loaded) if isinstance(loaded, Mapping) else None
    if not isinstance(weights, Mapping) or not weights:
        raise InvalidInputError(f"{path}: holds no weights by name")
    for name, value in weights.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            raise InvalidInputError(f"{path}: {name!r} is no weight")
    return dict(weights)
