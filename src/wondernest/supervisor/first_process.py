"""PID 1 of a container: it waits for every process whose parent has ended, passes signals on, and does nothing else.

The service itself runs in a child. In PID 1 it would have to tell inherited processes from its own before it waits for any.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from typing import Final

PASSED_ON: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
_SIGNALLED: Final = 128
"""Added to the number of the signal that ended the child, as shells do."""


def as_first_process(run: Callable[[], int], *, first: bool | None = None) -> int:
    """The exit code of `run`, which runs in a child if this process is PID 1. `first`: whether it is; None: ask the system."""
    if not (os.getpid() == 1 if first is None else first):
        return run()
    signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON)  # until there is a child to pass them on to
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)  # Ctrl-C in a terminal reaches only the parent, which passes it on once
        signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
        return run()
    for number in PASSED_ON:
        signal.signal(number, lambda received, _: _pass_on(child, received))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
    return _wait_for(child)


def _pass_on(child: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, number)


def _wait_for(child: int) -> int:
    """Wait for every process that ends, until it is the child; returns its exit code."""
    while True:
        ended, status = os.wait()
        if ended == child:
            return os.WEXITSTATUS(status) if os.WIFEXITED(status) else _SIGNALLED + os.WTERMSIG(status)
