"""What commands print, how they end, and the settings they read."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from wondernest.settings import Settings

FAILURE: Final = 1
"""The exit code of a command that could not do its work."""


def effective_settings() -> Settings:
    """The settings of the environment and of .env; ends the command when one is wrong."""
    from wondernest.settings import SettingsError, load_settings

    try:
        return load_settings(dotenv=Path(".env"))
    except SettingsError as error:
        fail(error, os.EX_CONFIG)


def settings_with_database() -> Settings:
    """As `effective_settings`; ends the command when no database is named."""
    settings = effective_settings()
    if not settings.database.url:
        fail("DATABASE_URL: not set", os.EX_CONFIG)
    return settings


def print_line(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")


def fail(problem: object, code: int = FAILURE) -> NoReturn:
    """End the command with a problem, on standard error."""
    lines = "\n".join(" ".join(line.split()) for line in str(problem).splitlines())
    sys.stderr.write(f"wondernest: {lines}\n")
    sys.exit(code)
