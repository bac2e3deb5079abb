"""What a process's GPU holds, without waking a GPU that the process does not use."""

from __future__ import annotations

import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GpuMemory:
    """Bytes of one device.

    Attributes:
        used: By all processes, as the driver counts.
        reserved: Of it, what torch keeps for this process, used or not.
        total: All that the device has.
    """

    used: int
    reserved: int
    total: int


def gpu_memory() -> GpuMemory | None:
    """Look at the current device; ``None`` where no network of this process runs on one."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return None
    free, total = torch.cuda.mem_get_info()
    return GpuMemory(used=total - free, reserved=torch.cuda.memory_reserved(), total=total)
