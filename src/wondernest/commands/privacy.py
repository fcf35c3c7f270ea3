"""`wondernest privacy`: the data map, and erasing again after a restore."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from wondernest.app import create_app, reapplying
from wondernest.privacy.catalogue import catalogue
from wondernest.privacy.data_map import COMMAND, PLACE, data_map
from wondernest.settings import load_settings

if TYPE_CHECKING:
    from wondernest.settings import Settings


def document() -> str:
    """The data map of the declarations."""
    return data_map(catalogue(create_app(load_settings({})).rooms))


def write_map(root: Path) -> None:
    """Write the document."""
    (root / PLACE).write_text(document(), encoding="utf-8")


def check_map(root: Path, print_line: Callable[[str], None]) -> bool:
    """Whether the committed document is up to date."""
    place = root / PLACE
    if place.exists() and place.read_text(encoding="utf-8") == document():
        print_line(f"{PLACE} is up to date")
        return True
    print_line(f"the declarations and {PLACE} differ; if that is meant: {COMMAND}")
    return False


def erase_again(settings: Settings) -> dict[str, int]:
    """Erase everybody in the log of erasures who is in the database; returns how many people of which kind."""

    async def run() -> dict[str, int]:
        async with reapplying(settings) as again:
            return await again.reapply()

    return asyncio.run(run())
