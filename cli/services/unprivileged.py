"""Runs a command as a user who is not root: ``unprivileged.py USER COMMAND [ARGUMENT ...]``.

PostgreSQL refuses to run as root. The command loses every right of root but one, where the
kernel grants it: to reach files below folders that only root may enter, such as ``/root``.
Without it neither the programs nor the data of a stack that root keeps at home could be reached.

Source: capabilities(7), on ambient capabilities; linux/capability.h and linux/prctl.h.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import sys

PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522


def become(name: str) -> None:
    """Turn this process from root into ``name``, keeping only the right to reach files."""
    user = pwd.getpwnam(name)
    linux = ctypes.CDLL(None) if sys.platform == "linux" else None
    if linux is not None:
        linux.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    if linux is not None:
        bit = 1 << CAP_DAC_OVERRIDE
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
        sets = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)  # effective, permitted, inheritable
        linux.capset(header, sets)
        linux.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


if __name__ == "__main__":
    become(sys.argv[1])
    os.execvp(sys.argv[2], sys.argv[2:])
