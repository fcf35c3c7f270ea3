"""Takes rights and resources from this process before it works on strangers' bytes."""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import resource
import signal
import sys
from typing import Final

from wondernest.platform.media.messages import Limits

NICENESS: Final = 10
MAX_OPEN_FILES: Final = 64
_PR_SET_PDEATHSIG: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38
_CLONE_NEWUSER: Final = 0x10000000
_CLONE_NEWNET: Final = 0x40000000


def confine_server() -> None:
    """Lower the priority and give up the network and all privileges, as far as the system allows it; inherited by helpers."""
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        # An empty network, and no rights of root. Kernels that forbid it to ordinary users leave both as they are.
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def die_with(owner: int) -> None:
    """Have the kernel kill this process when its owner ends; exit at once if that has happened already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != owner:
        os._exit(1)


def confine_helper(limits: Limits) -> None:
    """Bound the memory, CPU time, output and open files of this process, and forbid new processes."""
    seconds = math.ceil(limits.seconds)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))  # SIGXCPU, which says why, comes before SIGKILL
    for kind, bound in (
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_DATA, limits.memory_bytes),
        (resource.RLIMIT_FSIZE, limits.output_bytes),
        (resource.RLIMIT_NOFILE, MAX_OPEN_FILES),
        (resource.RLIMIT_NPROC, 0),
    ):
        with contextlib.suppress(OSError, ValueError):  # a system without this limit, or with a smaller one
            resource.setrlimit(kind, (bound, bound))
