"""Which GPUs of this machine a process may use, told without any library of theirs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

VISIBLE = "CUDA_VISIBLE_DEVICES"
"""CUDA's own variable: a process sees the GPUs that it names, and numbers them anew from 0."""

_DRIVERS_LIST = Path("/proc/driver/nvidia/gpus")


def visible_gpus(environment: Mapping[str, str], drivers_list: Path = _DRIVERS_LIST) -> list[str]:
    """Return the GPUs as :data:`VISIBLE` names them: those it names already, else all there are.

    Args:
        environment: In which :data:`VISIBLE` is looked for.
        drivers_list: A folder in which the driver keeps an entry a GPU, on Linux.
    """
    named = environment.get(VISIBLE)
    if named is not None:
        return [name.strip() for name in named.split(",") if name.strip()]
    if not drivers_list.is_dir():
        return []
    return [str(number) for number, _ in enumerate(drivers_list.iterdir())]
