"""Files of weights as others keep them, read as numbers and never run."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
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
        return tensors_by_name(_from_torch(path), path)
    except OSError as error:
        raise InvalidInputError(f"{path}: cannot be read: {error.strerror}") from error
    except SafetensorError as error:
        raise InvalidInputError(f"{path}: not a safetensors file: {error}") from error


def tensors_by_name(loaded: Any, path: Path) -> dict[str, Tensor]:
    """Return what lies under ``model``, or the whole, as tensors by name.

    Args:
        loaded: What a file holds: tensors, or arrays of numbers.
        path: What errors call the file.

    Raises:
        InvalidInputError: There are none, or other things are among them.
    """
    weights = loaded.get("model", loaded) if isinstance(loaded, Mapping) else None
    if not isinstance(weights, Mapping) or not weights:
        raise InvalidInputError(f"{path}: holds no weights by name")
    tensors = {}
    for name, value in weights.items():
        tensor = torch.from_numpy(value) if isinstance(value, np.ndarray) else value
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            raise InvalidInputError(f"{path}: {name!r} is no weight")
        tensors[name] = tensor
    return tensors


def _from_torch(path: Path) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of formats that torch once wrote
            return torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # whatever a broken stream makes an unpickler do
        first_line = str(error).partition("\n")[0]
        raise InvalidInputError(
            f"{path}: holds more than weights, or none: {first_line}"
        ) from error
