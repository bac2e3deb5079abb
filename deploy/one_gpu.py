"""Runs a command on a GPU of its own: ``one_gpu.py COMMAND [ARGUMENT ...]``.

Every copy of a scaled service is given all GPUs of its machine, since a device reservation
cannot differ from copy to copy. Each copy therefore locks the file of the first GPU that no other
has locked, in a folder that the copies share, and shows its command that GPU alone. The kernel
lets go of the lock when the command's process ends, however it ends.

``SORTERBOT_GPU_LOCKS`` names the folder. Where ``CUDA_VISIBLE_DEVICES`` is set, only the GPUs
that it names are chosen from.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ASK = ("nvidia-smi", "--query-gpu=uuid", "--format=csv,noheader")


class NoGpuError(Exception):
    """There is no GPU, or none that is free."""


def choosable_gpus(variables: Mapping[str, str]) -> list[str]:
    """Return the names of the GPUs that may be chosen, as ``CUDA_VISIBLE_DEVICES`` takes them.

    Raises:
        NoGpuError: The container sees none.
    """
    if variables.get("CUDA_VISIBLE_DEVICES"):
        return variables["CUDA_VISIBLE_DEVICES"].replace(",", " ").split()
    try:
        answer = subprocess.run(ASK, capture_output=True, text=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        raise NoGpuError(f"no GPU is visible here ({error})") from error
    names = answer.stdout.split()
    if not names:
        raise NoGpuError("no GPU is visible here")
    return names


def lock_one(names: Sequence[str], folder: Path) -> str:
    """Lock the first GPU that is free, for as long as this process runs, and return its name.

    Raises:
        NoGpuError: Others hold all of them.
    """
    for name in names:
        file = os.open(folder / f"{name.replace('/', '_')}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
        else:
            os.set_inheritable(file, True)  # the command holds it on
            return name
    raise NoGpuError(f"each of the {len(names)} GPUs here already has its worker")


def main() -> None:
    """Become the command, or end with one sentence."""
    try:
        name = lock_one(choosable_gpus(os.environ), Path(os.environ["SORTERBOT_GPU_LOCKS"]))
    except (NoGpuError, OSError) as error:
        sys.exit(f"one_gpu: {error}")
    os.execvpe(sys.argv[1], sys.argv[1:], {**os.environ, "CUDA_VISIBLE_DEVICES": name})


if __name__ == "__main__":
    main()
