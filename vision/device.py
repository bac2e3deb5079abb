"""The device that networks run on: its name, and what its failures are called here."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch

from sorter.errors import InvalidInputError
from vision.ports import DeviceLostError, OutOfMemoryError

Answer = TypeVar("Answer")

_NO_MEMORY = ("can't allocate memory", "not enough memory", "_ALLOC_FAILED")
_LOST = ("CUDA error", "cuDNN error", "CUBLAS")


def device_from_name(name: str) -> torch.device:
    """Return the device of a name as torch spells it; ``auto`` takes a GPU where there is one."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        return torch.device(name)
    except RuntimeError as error:
        raise InvalidInputError(f"no such device: {name}") from error


def run_on_device(run: Callable[[], Answer]) -> Answer:
    """Return what ``run`` returns, with the device's own errors told apart.

    Whatever a failed call held on the device is free again when the error is raised.

    Raises:
        OutOfMemoryError: The device's memory did not suffice.
        DeviceLostError: The device failed in a way that outlasts the call.
    """
    try:
        return run()
    except RuntimeError as error:
        failure = _named(error)
        if failure is None:
            raise
    # Here the caught error and the frames whose tensors it held are gone.
    if isinstance(failure, OutOfMemoryError) and torch.cuda.is_available():
        torch.cuda.empty_cache()
    raise failure


def _named(error: RuntimeError) -> OutOfMemoryError | DeviceLostError | None:
    text = str(error)
    first_line = text.partition("\n")[0]
    if isinstance(error, torch.OutOfMemoryError) or any(words in text for words in _NO_MEMORY):
        return OutOfMemoryError(first_line)
    if isinstance(error, torch.AcceleratorError) or text.startswith(_LOST):
        return DeviceLostError(first_line)
    return None
