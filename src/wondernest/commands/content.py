"""`wondernest content import` and `export`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wondernest.app import collection

if TYPE_CHECKING:
    from wondernest.content.collection import Report
    from wondernest.settings import Settings

SHOWN: Final = 100
"""Refused lines that are printed."""


def bring(settings: Settings, source: Path, report: Callable[[str], None], *, dry_run: bool) -> bool:
    """Import a collection and print what became of it; whether every line was accepted.

    Raises CollectionError, and DependencyUnavailable.
    """
    done = asyncio.run(_bring(settings, source, store=not dry_run))
    for refusal in done.refused[:SHOWN]:
        where = f"line {refusal.line}" if refusal.line else "the sheet"
        named = f" ({refusal.id})" if refusal.id else ""
        report(f"refused: {where}{named}: {refusal.reason}")
    if len(done.refused) > SHOWN:
        report(f"refused: and {len(done.refused) - SHOWN} more")
    counts = f"{done.added} new, {done.changed} changed, {done.unchanged} unchanged, {len(done.refused)} refused"
    report(f"{counts}{'; nothing was stored' if dry_run else ''}")
    return not done.refused


def take(settings: Settings, folder: Path, provider: str | None) -> int:
    """Export items with their files; how many. Raises CollectionError, and DependencyUnavailable."""
    return asyncio.run(_take(settings, folder, provider))


async def _bring(settings: Settings, source: Path, *, store: bool) -> Report:
    async with collection(settings) as found:
        return await found.bring(source, store=store)


async def _take(settings: Settings, folder: Path, provider: str | None) -> int:
    async with collection(settings) as found:
        return await found.take(folder, provider)
