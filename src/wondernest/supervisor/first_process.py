"""PID 1 of a container: it waits for every process that nobody else waits for, passes signals on, and does nothing else.

The service itself runs in a second process. In PID 1 it would have to tell inherited processes from its own before it waits for any.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from typing import Final

PASSED_ON: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
_SIGNALLED: Final = 128
"""Added to the number of the signal that ended the service, as shells do."""


def as_first_process(run: Callable[[], int], *, first: bool | None = None) -> int:
    """The exit code of `run`, which runs in a second process if this one is PID 1. `first`: whether it is; None: ask the system."""
    if not (os.getpid() == 1 if first is None else first):
        return run()
    signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON)  # until there is a process to pass them on to
    service = os.fork()
    if service == 0:
        os.setpgid(0, 0)  # Ctrl-C in a terminal reaches only the first process, which passes it on once
        signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
        return run()
    for number in PASSED_ON:
        signal.signal(number, lambda received, _: _pass_on(service, received))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
    return _wait_for(service)


def _pass_on(service: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(service, number)


def _wait_for(service: int) -> int:
    """Wait for every process that ends, until it is the service; returns its exit code."""
    while True:
        ended, status = os.wait()
        if ended == service:
            return os.WEXITSTATUS(status) if os.WIFEXITED(status) else _SIGNALLED + os.WTERMSIG(status)
