"""The command `wondernest`. Each command imports what it needs when it runs, so `serve` does not load the others."""

from __future__ import annotations

import os
import signal
import sys
from typing import Final, NoReturn

RUN_UNTIL_STOPPED: Final = ("serve", "work")
"""For these a stop is the normal end; any other command was not finished."""


def main() -> None:
    """Run the command that the arguments name and exit with its code."""
    _end_when_stopped()
    if sys.argv[1:] == ["serve"]:
        from wondernest.supervisor.command import serve
        from wondernest.supervisor.first_process import as_first_process

        sys.exit(as_first_process(serve))
    from wondernest.commands.app import app

    app()


def _end_when_stopped() -> None:
    """End on SIGTERM, cleaning up, until the command has its own handler.

    The kernel ignores a signal to the first process of a container unless there is a handler.
    """
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    code = os.EX_OK if command in RUN_UNTIL_STOPPED else 128 + signal.SIGTERM

    def end(_number: int, _frame: object) -> NoReturn:
        sys.exit(code)

    signal.signal(signal.SIGTERM, end)
