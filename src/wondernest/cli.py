"""The command `wondernest`. Each command imports what it needs when it runs, so `serve` does not load the others."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command that the arguments name and exit with its code."""
    if sys.argv[1:] == ["serve"]:
        from wondernest.supervisor.command import serve
        from wondernest.supervisor.first_process import as_first_process

        sys.exit(as_first_process(serve))
    from wondernest.commands.app import app

    app()
